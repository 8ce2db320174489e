#pragma once
#include <functional>
#include <vector>

#include "zoetrope/media/reader.h"
#include "zoetrope/media/source.h"
#include "zoetrope/media/timing.h"

namespace zoetrope::media {

/// Makes a frame [H,W,3] uint8, upright and in RGB: converting costs more than decoding, so it is done for frames that are wanted.
using MakeFrame = std::function<Tensor()>;

/// Takes the frames of one file one after the other, as the file has them and at their own times, and refuses what goes beyond the limits.
class FrameReceiver {
 public:
  /// `take` is handed each frame and when it begins, and says whether more are wanted.
  using Take = std::function<bool(const MakeFrame& make, double begin)>;
  FrameReceiver(std::string name, const ReadLimits& limits, Take take) : name_(std::move(name)), limits_(limits), take_(std::move(take)) {}

  /// False when no more frames are wanted. `make` works as long as this call.
  bool add(const MakeFrame& make, double begin, double end);
  TimeStamps stamps;  // of the frames so far

 private:
  std::string name_;
  ReadLimits limits_;
  Take take_;
};

/// Hands the frames of a file to a receiver: through FFmpeg, or through libwebp, because FFmpeg 5 to 7 do not know animated WebP, or
/// through libheif, because they do not know HEIC.
void decode_ffmpeg(const Source& file, const ReadLimits& limits, FrameReceiver& receiver);
void decode_webp(const Source& file, const ReadLimits& limits, FrameReceiver& receiver);
void decode_heif(const Source& file, const ReadLimits& limits, FrameReceiver& receiver);
/// An error where the file has no frame that can be decoded.
void decode(const Source& file, const ReadLimits& limits, FrameReceiver& receiver);

/// Whether the file begins as WebP does.
bool is_webp(const Source& file);
/// Whether the file begins as an image of HEIF or AVIF does.
bool is_heif(const Source& file);
Probe probe_heif(const Source& file, const ReadLimits& limits);
Probe probe_webp(const Source& file, const ReadLimits& limits);

}  // namespace zoetrope::media
