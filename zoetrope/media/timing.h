#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "zoetrope/media/clip.h"

namespace zoetrope::media {

/// When the frames of a file are shown, in seconds.
struct TimeStamps {
  std::vector<double> begins;        // of each frame, ascending
  double end = 0;                    // of the last frame; not after its begin where the file does not say
  double tick = 0;                   // the file's smallest step of time: stamps are rounded to it
  std::optional<Rational> declared;  // what the file says of its rate
};

/// The constant rate of a clip, and which of its frames is shown at each place.
struct Timing {
  Rational fps;
  std::vector<int64_t> source_index;
};

/// Finds the rate that explains all time stamps (the announced one, a whole number, a whole number / 1.001, or a short fraction), within
/// their rounding; then every frame is shown once. Stamps that no constant rate explains are resampled at the usual distance of two frames.
/// More than `limit` frames are an error.
Timing constant_rate(const TimeStamps& stamps, int64_t limit);

/// The same shown at another rate, as long as before: each place shows the frame that was shown at its middle. One frame stays one.
Timing at_rate(const Timing& timing, Rational fps);

}  // namespace zoetrope::media
