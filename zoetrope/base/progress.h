#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace zoetrope::base {

/// Estimated cost of an operation.
struct CostEstimate {
  double bytes;    // of memory at the peak, beyond the weights
  double seconds;  // within about +-1/3
};

/// Receives the progress of a long operation and can cancel it.
class Observer {
 public:
  virtual ~Observer() = default;
  /// Called once, after all checks and before the work.
  virtual void estimated(const CostEstimate& /*cost*/) {}
  /// Step `step` of `total` of a stage is done.
  virtual void progress(const std::string& /*stage*/, int64_t /*step*/, int64_t /*total*/) {}
  /// Asked between steps; true ends the operation with `Cancelled`.
  virtual bool cancelled() const { return false; }
  /// Throws `Cancelled` if the operation should stop.
  void throw_if_cancelled() const;
};

/// Shows progress on stderr: on a terminal one line that is redrawn, with the time left; when piped, a plain line now and then. The
/// estimate is shown once, with a warning if it exceeds the free memory.
class TerminalProgress : public Observer {
 public:
  /// `pause`: the least time between two lines when piped.
  explicit TerminalProgress(bool quiet = false, std::chrono::milliseconds pause = std::chrono::seconds(10));
  ~TerminalProgress() override;
  void estimated(const CostEstimate& cost) override;
  void progress(const std::string& stage, int64_t step, int64_t total) override;
  bool cancelled() const override;

 private:
  using Clock = std::chrono::steady_clock;
  bool quiet_, terminal_, line_open_ = false, estimate_shown_ = false;
  std::chrono::milliseconds pause_;
  std::string stage_;
  int64_t first_ = 0;  // step at which the stage was first seen: resumed work does not start at 0
  Clock::time_point start_, shown_;
};

/// From now on Ctrl-C and SIGTERM make `TerminalProgress::cancelled` true; a second one ends the program at once and removes its
/// `TemporaryFiles`.
void cancel_on_signals();
bool signalled();

}  // namespace zoetrope::base
