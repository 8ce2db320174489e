#pragma once
#include <sstream>

#include "tests/temporary_folder.h"
#include "zoetrope/base/atomic_file.h"
#include "zoetrope/base/error.h"
#include "zoetrope/training/loop.h"

namespace zoetrope::evaluation::test {

/// A short training that logs four times.
inline training::LoopSettings loop(int64_t steps) {
  training::LoopSettings s;
  s.steps = steps;
  s.warm_up = 2;
  s.log_every = steps / 4;
  s.sample_every = 0;
  return s;
}

/// Trains to the end, and returns the losses that were logged in the run's folder.
inline std::vector<double> train(training::Task& task, const training::LoopSettings& loop, const std::filesystem::path& run) {
  base::Observer silent;
  training::train(task, loop, training::RunFolder(run, ""), silent);
  std::istringstream stream(base::read_file(run / "metrics.jsonl"));
  std::vector<double> losses;
  for (std::string line; std::getline(stream, line);) losses.push_back(base::Json::parse(line)["loss"]);
  return losses;
}

/// Trains and is stopped after `steps`.
inline void train_until(training::Task& task, const training::LoopSettings& loop, const std::filesystem::path& run, int64_t steps) {
  class Stops : public base::Observer {
   public:
    explicit Stops(int64_t after) : after_(after) {}
    void progress(const std::string&, int64_t step, int64_t) override { step_ = step; }
    bool cancelled() const override { return step_ == after_; }

   private:
    int64_t after_, step_ = 0;
  } stops(steps);
  try {
    training::train(task, loop, training::RunFolder(run, ""), stops);
  } catch (const base::Cancelled&) {
    return;
  }
  throw std::logic_error("training was not stopped");
}

}  // namespace zoetrope::evaluation::test
