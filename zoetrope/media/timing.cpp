#include "zoetrope/media/timing.h"

extern "C" {
#include <libavutil/rational.h>
}

#include <algorithm>
#include <cmath>
#include <numeric>

#include "zoetrope/base/error.h"

namespace zoetrope::media {
namespace {

bool sound(const Rational& fps) { return fps.numerator > 0 && fps.denominator > 0 && fps.value() >= 0.01 && fps.value() <= 1000; }

/// Whether frame i begins at i / fps, up to `ticks` of rounding.
bool explains(const Rational& fps, const TimeStamps& stamps, double ticks) {
  for (size_t i = 0; i < stamps.begins.size(); ++i) {
    double expected = static_cast<double>(i) / fps.value();
    if (std::abs(stamps.begins[i] - stamps.begins[0] - expected) > ticks * stamps.tick + 1e-6) return false;
  }
  return true;
}

/// The usual distance of two frames; none in a clip of one frame.
std::optional<double> median_gap(const std::vector<double>& begins) {
  std::vector<double> gaps;
  for (size_t i = 1; i < begins.size(); ++i)
    if (begins[i] > begins[i - 1]) gaps.push_back(begins[i] - begins[i - 1]);
  if (gaps.empty()) return std::nullopt;
  std::ranges::nth_element(gaps, gaps.begin() + static_cast<int64_t>(gaps.size() / 2));
  return gaps[gaps.size() / 2];
}

std::vector<Rational> candidates(const TimeStamps& stamps, double mean_gap) {
  std::vector<Rational> rates;
  if (stamps.declared && sound(*stamps.declared)) rates.push_back(*stamps.declared);
  auto whole = static_cast<int64_t>(std::llround(1 / mean_gap)), film = static_cast<int64_t>(std::llround(1.001 / mean_gap));
  if (whole >= 1) rates.push_back({whole, 1});
  if (film >= 1) rates.push_back({film * 1000, 1001});
  AVRational other = av_d2q(1 / mean_gap, 1001);  // 25/2 and the like
  rates.push_back({other.num, other.den});
  std::erase_if(rates, [](const Rational& r) { return !sound(r); });
  return rates;
}

/// The rate at which frames of uneven distance are resampled.
Rational usual_rate(const TimeStamps& stamps, double gap) {
  if (stamps.declared && sound(*stamps.declared) && std::abs(stamps.declared->value() * gap - 1) < 0.02) return *stamps.declared;
  double rate = std::clamp(1 / gap, 0.01, 60.0);
  if (rate >= 1) return {std::llround(rate), 1};
  return {std::llround(1000 * rate), 1000};
}

}  // namespace

Timing constant_rate(const TimeStamps& stamps, int64_t limit) {
  auto count = static_cast<int64_t>(stamps.begins.size());
  Timing timing;
  std::optional<double> gap = median_gap(stamps.begins);
  if (!gap) {  // one moment: there is no rate to find
    if (stamps.declared && sound(*stamps.declared)) timing.fps = *stamps.declared;
    timing.source_index = {0};
    return timing;
  }
  double begin = stamps.begins.front(), last = stamps.begins.back(), end = std::max(stamps.end, last + stamps.tick);
  if (stamps.end <= last) end = last + *gap;
  for (double ticks : {0.51, 1.01})  // stamps rounded to the nearest tick, then stamps cut off to a tick
    for (const Rational& fps : candidates(stamps, (end - begin) / static_cast<double>(count)))
      if (explains(fps, stamps, ticks)) {
        timing.fps = fps;
        timing.source_index.resize(count);
        std::iota(timing.source_index.begin(), timing.source_index.end(), 0);
        return timing;
      }

  timing.fps = usual_rate(stamps, *gap);
  double length = std::max(1.0, std::round((end - begin) * timing.fps.value()));
  if (length > static_cast<double>(limit))
    throw base::Error("lasts {:.0f} frames at {:.3g} a second, more than the limit of {}", length, timing.fps.value(), limit);
  for (int64_t place = 0, frame = 0; place < static_cast<int64_t>(length); ++place) {
    double middle = begin + (static_cast<double>(place) + 0.5) / timing.fps.value();
    while (frame + 1 < count && stamps.begins[frame + 1] <= middle) ++frame;
    timing.source_index.push_back(frame);
  }
  return timing;
}

Timing at_rate(const Timing& timing, Rational fps) {
  const auto before = static_cast<int64_t>(timing.source_index.size());
  if (before <= 1 || timing.fps.value() == fps.value()) return {fps, timing.source_index};
  const int64_t length = std::max<int64_t>(1, std::llround(static_cast<double>(before) / timing.fps.value() * fps.value()));
  Timing shown{fps, {}};
  for (int64_t place = 0; place < length; ++place) {
    const auto middle = static_cast<int64_t>((static_cast<double>(place) + 0.5) * (timing.fps.value() / fps.value()));
    shown.source_index.push_back(timing.source_index[static_cast<size_t>(std::min(middle, before - 1))]);
  }
  return shown;
}

}  // namespace zoetrope::media
