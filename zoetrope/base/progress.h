#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace zoetrope::base {

/// Where a long operation tells how far it is, and where it learns that it should stop.
class Observer {
 public:
  virtual ~Observer() = default;
  /// Step `step` of `total` of the stage called `stage` is done.
  virtual void progress(const std::string& /*stage*/, int64_t /*step*/, int64_t /*total*/) {}
  /// Asked between steps; true ends the operation with `Cancelled`.
  virtual bool cancelled() const { return false; }
  /// Throws `Cancelled` when the operation should stop.
  void checkpoint() const;
};

/// Shows progress on stderr: one line that is redrawn, with the time left, on a terminal; a plain line now and then when piped.
class TerminalProgress : public Observer {
 public:
  /// `pause`: the least time between two lines when piped.
  explicit TerminalProgress(bool quiet = false, std::chrono::milliseconds pause = std::chrono::seconds(10));
  ~TerminalProgress() override;
  void progress(const std::string& stage, int64_t step, int64_t total) override;
  bool cancelled() const override;

 private:
  using Clock = std::chrono::steady_clock;
  bool quiet_, terminal_, line_open_ = false;
  std::chrono::milliseconds pause_;
  std::string stage_;
  int64_t first_ = 0;  // step at which the stage was first seen: work that goes on did not start at 0
  Clock::time_point start_, shown_;
};

/// From now on Ctrl-C and SIGTERM ask `TerminalProgress::cancelled` to end the work tidily; a second one ends it at once.
void cancel_on_signals();
bool signalled();

}  // namespace zoetrope::base
