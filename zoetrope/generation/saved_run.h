#pragma once
#include <chrono>
#include <filesystem>

#include "zoetrope/generation/sample.h"

namespace zoetrope::generation {

/// When the state of a run is written to a file, so that hours of work are not lost.
struct Saving {
  std::filesystem::path file = {};  // never, if empty
  double interval = 300;            // seconds after which it is written in any case
  double long_step = 60;            // seconds: after a step that took longer, and before decoding where sampling took longer
};

/// A run that was stopped, as its file has it.
struct SavedRun {
  std::string request;     // its JSON form
  int64_t pass = 0;        // 0: the clip or its first window; then its next ones, or the way back of a loop
  Tensor clip = {};        // [1,C,t,h,w] the latents that the passes before made; undefined in the first
  SampleState state = {};  // of the pass
};

/// The run in a file, or an error that says why it is none.
SavedRun read_saved_run(const std::filesystem::path& file);

/// Writes a run's states to its file as `Saving` says.
class RunKeeper {
 public:
  RunKeeper(Saving saving, std::string request) : saving_(std::move(saving)), request_(std::move(request)) {}

  /// A pass ended that made these latents [1,C,n,h,w]; the next one begins.
  void end_pass(const Tensor& latents) { made_.push_back(latents); }
  /// All latents that the passes made.
  Tensor made() const { return at::cat(made_, 2); }
  /// A step was made; `is_last`: of the pass.
  void after_step(const SampleState& state, bool is_last);

 private:
  using Clock = std::chrono::steady_clock;
  Saving saving_;
  std::string request_;
  std::vector<Tensor> made_;  // of each pass that ended
  Clock::time_point begun_ = Clock::now(), last_step_ = begun_, saved_ = begun_;
};

}  // namespace zoetrope::generation
