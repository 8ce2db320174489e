#pragma once
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>

#include "zoetrope/media/clip.h"

namespace zoetrope::media {

/// What a file from outside may ask of this machine. Whatever goes beyond is refused with a sentence that names the limit.
struct ReadLimits {
  int64_t file_bytes = int64_t{8} << 30;
  int64_t pixels = int64_t{1} << 26;  // in one frame: 8192 x 8192
  int64_t frames = 100'000;
  double seconds = 3600;
  int64_t clip_bytes = int64_t{4} << 30;  // of all frames together, as RGB
};

/// The video or image at `path` (whatever FFmpeg decodes, animated WebP, and HEIC) as frames of constant rate with square pixels, turned
/// upright. Colours are converted by the file's own matrix and range; untagged video counts as BT.709 from 720 lines up, as BT.601
/// below. HDR (HLG, PQ) is mapped to SDR. Transparent pixels are laid on white. A clip of variable rate is resampled at its usual rate. A
/// damaged or cut-off video gives the frames that can be decoded whole; without any, it is an error.
Clip read_clip(const std::filesystem::path& path, const ReadLimits& limits = {});

/// Which frames of a file are wanted, and how.
struct Wanted {
  std::optional<Rational> fps = {};                              // resampled to a rate, as long as before; the file's own where unset
  int64_t begin = 0, end = std::numeric_limits<int64_t>::max();  // of the frames at that rate
  int64_t height = 0, width = 0;                                 // fitted (`fit`) to this size; as they are where 0
};

/// Hands on the wanted frames of a file, each [H,W,3] uint8, one after the other; `read_clip` says how they are read. None but the one that
/// is handed on is held, and those that are not wanted are not converted: however long and large a file is, this takes little memory.
/// A file that is cut off gives the frames that can be decoded; a damaged frame shows the one before it.
void read_frames(const std::filesystem::path& path, const Wanted& wanted, const std::function<void(const Tensor&)>& next,
                 const ReadLimits& limits = {});
/// The same as one tensor [n,H,W,3], within `limits.clip_bytes`; n may be 0.
Tensor read_frames(const std::filesystem::path& path, const Wanted& wanted, const ReadLimits& limits = {});

/// What a file holds, read without decoding it (but for GIF): size as `read_clip` gives it, number of frames and rate.
struct Probe {
  std::string container, codec;
  int64_t width = 0, height = 0, frames = 0;
  Rational fps;
  bool hdr = false;
  std::string sound = {};      // how its sound is coded; empty without one
  double missing_seconds = 0;  // seconds that the file announces and does not hold, where it is cut off

  double seconds() const { return static_cast<double>(frames) / fps.value(); }
};
Probe probe(const std::filesystem::path& path, const ReadLimits& limits = {});

/// Bytes of memory that reading frames of such a file takes at its peak, beside those that are kept.
double bytes_to_read(const Probe& file);

}  // namespace zoetrope::media
