#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace zoetrope::base {

/// What an operation is expected to take.
struct Expectation {
  double bytes;    // of memory at the peak, beyond the weights
  double seconds;  // a third more or less
};

/// Where a long operation tells how far it is, and where it learns that it should stop.
class Observer {
 public:
  virtual ~Observer() = default;
  /// Told once all is checked, before the work begins.
  virtual void expects(const Expectation& /*expected*/) {}
  /// Step `step` of `total` of the stage called `stage` is done.
  virtual void progress(const std::string& /*stage*/, int64_t /*step*/, int64_t /*total*/) {}
  /// Asked between steps; true ends the operation with `Cancelled`.
  virtual bool cancelled() const { return false; }
  /// Throws `Cancelled` when the operation should stop.
  void checkpoint() const;
};

/// Shows progress on stderr: one line that is redrawn, with the time left, on a terminal; a plain line now and then when piped.
/// What is expected is shown once, with a warning where the machine has not that much memory.
class TerminalProgress : public Observer {
 public:
  /// `pause`: the least time between two lines when piped.
  explicit TerminalProgress(bool quiet = false, std::chrono::milliseconds pause = std::chrono::seconds(10));
  ~TerminalProgress() override;
  void expects(const Expectation& expected) override;
  void progress(const std::string& stage, int64_t step, int64_t total) override;
  bool cancelled() const override;

 private:
  using Clock = std::chrono::steady_clock;
  bool quiet_, terminal_, line_open_ = false, expectation_shown_ = false;
  std::chrono::milliseconds pause_;
  std::string stage_;
  int64_t first_ = 0;  // step at which the stage was first seen: work that goes on did not start at 0
  Clock::time_point start_, shown_;
};

/// From now on Ctrl-C and SIGTERM ask `TerminalProgress::cancelled` to end the work tidily; a second one ends it at once, and removes the
/// files that are `Unfinished`.
void cancel_on_signals();
bool signalled();

}  // namespace zoetrope::base
