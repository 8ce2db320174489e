#pragma once
#include "tests/stops_after.h"
#include "tests/temporary_folder.h"
#include "tests/training/logged_losses.h"
#include "zoetrope/base/error.h"
#include "zoetrope/training/loop.h"

namespace zoetrope::evaluation::test {

/// A short training that logs four times.
inline training::LoopSettings loop(int64_t steps) {
  training::LoopSettings s;
  s.steps = steps;
  s.warmup_steps = 2;
  s.log_every = steps / 4;
  s.sample_every = 0;
  return s;
}

/// Trains to the end, and returns the losses that were logged in the run's folder.
inline std::vector<double> train(training::Task& task, const training::LoopSettings& loop, const std::filesystem::path& run) {
  base::Observer silent;
  training::train(task, loop, training::RunFolder(run, ""), silent);
  return training::logged_losses(run);
}

/// Trains and is stopped after `steps`.
inline void train_until(training::Task& task, const training::LoopSettings& loop, const std::filesystem::path& run, int64_t steps) {
  StopsAfter stops(steps);
  try {
    training::train(task, loop, training::RunFolder(run, ""), stops);
  } catch (const base::Cancelled&) {
    return;
  }
  throw std::logic_error("training was not stopped");
}

}  // namespace zoetrope::evaluation::test
