#pragma once
#include <vector>

#include "zoetrope/media/reader.h"
#include "zoetrope/media/timing.h"

namespace zoetrope::media {

/// Frames as a file has them, at their own times, upright and in RGB.
struct Decoded {
  std::vector<Tensor> frames;  // each [H,W,3] uint8
  TimeStamps stamps;
};

/// Takes the frames of one file one after the other and refuses what goes beyond the limits.
class FrameCollector {
 public:
  FrameCollector(std::string name, const ReadLimits& limits, int64_t at_most)
      : name_(std::move(name)), limits_(limits), at_most_(at_most) {}
  /// False when no more frames are wanted.
  bool add(const Tensor& frame, double begin, double end);
  Decoded decoded;

 private:
  std::string name_;
  ReadLimits limits_;
  int64_t at_most_;
};

/// Decodes at most `at_most` frames: through FFmpeg, or through libwebp, because FFmpeg 5 to 7 do not know animated WebP, or through
/// libheif, because they do not know HEIC.
Decoded decode_ffmpeg(const std::filesystem::path& path, const ReadLimits& limits, int64_t at_most);
Decoded decode_webp(const std::filesystem::path& path, const ReadLimits& limits, int64_t at_most);
Decoded decode_heif(const std::filesystem::path& path, const ReadLimits& limits, int64_t at_most);
Decoded decode(const std::filesystem::path& path, const ReadLimits& limits, int64_t at_most);

/// Whether the file begins as WebP does.
bool is_webp(const std::filesystem::path& path);
/// Whether the file begins as an image of HEIF or AVIF does.
bool is_heif(const std::filesystem::path& path);
Probe probe_heif(const std::filesystem::path& path, const ReadLimits& limits);
Probe probe_webp(const std::filesystem::path& path, const ReadLimits& limits);

}  // namespace zoetrope::media
