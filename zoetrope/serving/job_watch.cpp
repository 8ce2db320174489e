#include "zoetrope/serving/job_watch.h"

#include <algorithm>

namespace zoetrope::serving {
namespace {

constexpr double sampling_share = .9;  // of the time of a part; the rest is decoding
constexpr size_t most_notices = 20;

double seconds_since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

}  // namespace

JobWatch::JobWatch(int64_t steps, const Patience& patience) : patience_(patience), steps_(std::max<int64_t>(1, steps)) {
  report_.stage = "preparing";
}

void JobWatch::alive() const {
  if (forecast_ > 0) longest_pause_ = std::max(longest_pause_, seconds_since(last_));
  last_ = Clock::now();
}

void JobWatch::estimated(const base::CostEstimate& cost) {
  std::lock_guard lock(mutex_);
  alive();
  forecast_ = cost.seconds;
}

void JobWatch::part(int64_t index, int64_t count) {
  std::lock_guard lock(mutex_);
  alive();
  part_ = index, parts_ = std::max<int64_t>(1, count);
}

void JobWatch::progress(const std::string& stage, int64_t step, int64_t total) {
  std::lock_guard lock(mutex_);
  alive();
  const bool is_sampling = stage.starts_with("sampling"), is_decoding = stage.starts_with("decoding");
  report_.stage = stage;
  if (!is_sampling && !is_decoding) return;
  double done = static_cast<double>(step) / static_cast<double>(std::max<int64_t>(1, total));
  done = is_sampling ? sampling_share * done : sampling_share + (1 - sampling_share) * done;
  report_.progress = std::max(report_.progress, (static_cast<double>(part_) + done) / static_cast<double>(parts_));
  if (!sampling_) begun_ = Clock::now(), begun_at_ = report_.progress;
  sampling_ = true;
}

void JobWatch::notice(const std::string& text) {
  std::lock_guard lock(mutex_);
  alive();
  if (report_.notices.size() < most_notices) report_.notices.push_back(text);
}

bool JobWatch::cancelled() const {
  std::lock_guard lock(mutex_);
  alive();
  return stopped_;
}

void JobWatch::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
}

/// By the forecast at first, and by what was measured once that says something.
double JobWatch::seconds_left() const {
  constexpr double enough = .05;
  const double made = report_.progress - begun_at_, left = 1 - report_.progress;
  return made < enough ? forecast_ * left : seconds_since(begun_) / made * left;
}

Report JobWatch::report() const {
  std::lock_guard lock(mutex_);
  Report report = report_;
  if (forecast_ > 0) report.seconds_left = seconds_left();
  return report;
}

bool JobWatch::hangs() const {
  std::lock_guard lock(mutex_);
  const double block = std::max(forecast_ / static_cast<double>(parts_ * steps_), longest_pause_);
  const double allowed = sampling_ ? std::max(patience_.at_least, patience_.times_block * block) : patience_.preparing;
  return seconds_since(last_) > allowed;
}

}  // namespace zoetrope::serving
