#pragma once
#include <chrono>
#include <mutex>

#include "zoetrope/base/progress.h"
#include "zoetrope/serving/job_store.h"

namespace zoetrope::serving {

/// When a job counts as hung: no block of the network, latent frame or step ended for so long.
struct Patience {
  double preparing = 900;   // seconds, until sampling begins: loading a model and encoding a prompt end no blocks
  double at_least = 60;     // seconds, from then on, or
  double times_block = 10;  // so many times what a step is forecast to take, or the longest pause so far, whichever is more
};

/// What a running job tells, from the thread that works to the one that reports; and the way back, by which it is stopped.
class JobWatch : public base::Observer {
 public:
  /// `steps`: of the sampler.
  explicit JobWatch(int64_t steps, const Patience& patience = {});

  void estimated(const base::CostEstimate& cost) override;
  void part(int64_t index, int64_t count) override;
  void progress(const std::string& stage, int64_t step, int64_t total) override;
  void notice(const std::string& text) override;
  /// Asked between two blocks: each time is a sign of life.
  bool cancelled() const override;

  /// From now on the work is cancelled.
  void stop();
  /// How far the job is.
  Report report() const;
  /// Whether it hangs.
  bool hangs() const;

 private:
  using Clock = std::chrono::steady_clock;
  void alive() const;  // with the mutex locked
  double seconds_left() const;

  Patience patience_;
  int64_t steps_;
  mutable std::mutex mutex_;
  bool stopped_ = false, sampling_ = false;
  double forecast_ = 0;                            // seconds of work
  int64_t part_ = 0, parts_ = 1;                   // of the work
  double begun_at_ = 0;                            // progress where sampling was first seen: resumed work does not start at 0
  Clock::time_point begun_ = Clock::now();         // of sampling
  mutable Clock::time_point last_ = Clock::now();  // sign of life
  mutable double longest_pause_ = 0;               // seconds between two
  Report report_;
};

}  // namespace zoetrope::serving
