#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "zoetrope/base/tensor.h"

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
  /// The work is `count` parts of about the same length; part `index` begins.
  virtual void part(int64_t /*index*/, int64_t /*count*/) {}
  /// Step `step` of `total` of a stage is done.
  virtual void progress(const std::string& /*stage*/, int64_t /*step*/, int64_t /*total*/) {}
  /// A sentence that the user should know while the work goes on.
  virtual void notice(const std::string& /*text*/) {}
  /// Called after each step of sampling: `frames()` makes a small picture of each latent frame as the sampler expects it to become,
  /// [t,H,W,3] uint8 on the CPU. Costs nothing where it is not called.
  virtual void preview(const std::function<Tensor()>& /*frames*/) {}
  /// Asked between steps; true ends the operation with `Cancelled`.
  virtual bool cancelled() const { return false; }
  /// Throws `Cancelled` if the operation should stop.
  void throw_if_cancelled() const;
};

/// Passes everything on to another observer, which must outlive it: the base of those that change or add one thing.
class ForwardingObserver : public Observer {
 public:
  explicit ForwardingObserver(Observer& outer) : outer_(outer) {}
  void estimated(const CostEstimate& cost) override { outer_.estimated(cost); }
  void part(int64_t index, int64_t count) override { outer_.part(index, count); }
  void progress(const std::string& stage, int64_t step, int64_t total) override { outer_.progress(stage, step, total); }
  void notice(const std::string& text) override { outer_.notice(text); }
  void preview(const std::function<Tensor()>& frames) override { outer_.preview(frames); }
  bool cancelled() const override { return outer_.cancelled(); }

 protected:
  Observer& outer_;
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
  void notice(const std::string& text) override;
  bool cancelled() const override;

 private:
  using Clock = std::chrono::steady_clock;
  void end_line();

  bool quiet_, terminal_, line_open_ = false, estimate_shown_ = false;
  std::chrono::milliseconds pause_;
  std::string stage_;
  int64_t first_ = 0;  // step at which the stage was first seen: resumed work does not start at 0
  Clock::time_point start_, shown_;
};

/// From now on Ctrl-C, SIGTERM, SIGHUP and SIGPIPE make `TerminalProgress::cancelled` true; a second one (but SIGPIPE) ends the program at
/// once and removes its `TemporaryFiles`.
void cancel_on_signals();
bool signalled();

}  // namespace zoetrope::base
