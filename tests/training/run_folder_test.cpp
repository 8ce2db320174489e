#include "zoetrope/training/run_folder.h"

#include <csignal>
#include <gmock/gmock.h>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/random.h"

namespace zoetrope::training {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A state in which every value tells the step.
RunState state_of(int64_t step) {
  auto value = [&](int64_t size, double offset) { return at::full({size}, static_cast<double>(step) + offset); };
  return {step,
          0.1 * static_cast<double>(step),
          1e12 * static_cast<double>(step),
          1.0 / 3,
          {{"w", value(500, 0)}},
          {{"w", value(500, 0.5)}},
          {{"momentum.w", value(500, 0.25)}, {"steps", at::scalar_tensor(step, at::kLong)}}};
}

void expect_state(const RunState& found, int64_t step) {
  RunState expected = state_of(step);
  EXPECT_EQ(found.step, step);
  EXPECT_EQ(found.hours, expected.hours);
  EXPECT_EQ(found.flop, expected.flop);
  EXPECT_EQ(found.loss_sum, expected.loss_sum);
  EXPECT_TRUE(found.parameters.at("w").equal(expected.parameters.at("w")));
  EXPECT_TRUE(found.ema.at("w").equal(expected.ema.at("w")));
  EXPECT_TRUE(found.optimizer.at("momentum.w").equal(expected.optimizer.at("momentum.w")));
  EXPECT_EQ(found.optimizer.at("steps").item<int64_t>(), step);
}

std::set<std::string> checkpoints(const fs::path& run) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(run / "checkpoints")) names.insert(entry.path().filename());
  return names;
}

TEST(RunFolder, GoesOnFromTheNewestCheckpointBitForBit) {
  TemporaryFolder folder;
  RunFolder run(folder / "run", "steps = 5\n");
  EXPECT_FALSE(run.resume());
  run.save(state_of(3));
  expect_state(*run.resume(), 3);
  run.save(state_of(11));
  expect_state(*RunFolder(folder / "run", "steps = 5\n").resume(), 11);
}

TEST(RunFolder, KeepsTheLastTwoCheckpoints) {
  TemporaryFolder folder;
  RunFolder run(folder.path, "");
  for (int64_t step : {1, 2, 3, 10}) run.save(state_of(step));
  EXPECT_EQ(checkpoints(folder.path), (std::set<std::string>{"step-3", "step-10"}));
}

TEST(RunFolder, IgnoresWhatAKillLeftBehindAndCleansItUp) {
  TemporaryFolder folder;
  RunFolder run(folder.path, "");
  run.save(state_of(3));
  base::write_file(folder / "checkpoints/step-4.unfinished/parameters.safetensors", "half a fi");
  base::write_file(folder / "checkpoints/step-9/state.json", "{");  // never became the newest
  expect_state(*run.resume(), 3);
  run.save(state_of(4));
  expect_state(*run.resume(), 4);
  EXPECT_EQ(checkpoints(folder.path), (std::set<std::string>{"step-3", "step-4"}));
}

TEST(RunFolder, HasAWholeCheckpointAtWhateverMomentItIsKilled) {
  TemporaryFolder folder;
  at::Generator generator = base::generator(7);
  int64_t last = 0, killed_at_work = 0;
  auto newest = [&] { return fs::exists(folder / "latest") ? base::read_file(folder / "latest") : ""; };
  for (int round = 0; round < 12; ++round) {
    pid_t child = fork();
    if (child == 0) {
      RunFolder run(folder.path, "");
      for (int64_t step = last + 1;; ++step) run.save(state_of(step));
    }
    for (std::string before = newest(); newest() == before;) usleep(100);  // however slow the machine is
    usleep(static_cast<useconds_t>(at::randint(5000, {1}, generator, at::kLong).item<int64_t>()));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    RunFolder run(folder.path, "");
    killed_at_work += checkpoints(folder.path).size() > 2;
    if (auto state = run.resume()) {
      EXPECT_GE(state->step, last);
      last = state->step;
      expect_state(*state, last);
    }
  }
  EXPECT_GT(last, 0);
  EXPECT_GT(killed_at_work, 0) << "no kill fell into the writing of a checkpoint";
}

TEST(RunFolder, ForgetsMetricsThatAreAheadOfTheCheckpoint) {
  TemporaryFolder folder;
  RunFolder run(folder.path, "");
  run.forget_metrics_after(0);  // none yet
  for (int step : {10, 20, 30, 40}) run.log({{"step", step}, {"loss", 1.0 / step}});
  std::string all = base::read_file(folder / "metrics.jsonl");
  std::string half_a_line = all + R"({"step": 5)";
  base::write_file(folder / "metrics.jsonl", half_a_line);
  run.forget_metrics_after(20);
  std::string kept = base::read_file(folder / "metrics.jsonl");
  EXPECT_EQ(kept, all.substr(0, kept.size()));
  EXPECT_EQ(std::count(kept.begin(), kept.end(), '\n'), 2);
  run.log({{"step", 30}});
  EXPECT_EQ(base::read_file(folder / "metrics.jsonl"), kept + "{\"step\":30}\n");
}

TEST(RunFolder, RefusesOtherFlagsAndNamesThem) {
  TemporaryFolder folder;
  RunFolder(folder.path, "run = 'here'\nsteps = 5\nseed = 1\n").save(state_of(1));
  EXPECT_NO_THROW(RunFolder(folder.path, "seed = 1\nsteps = 5\nrun = 'moved'\n"));
  for (const auto& [flags, named] : std::map<std::string, std::string>{{"steps = 6\nseed = 1\n", "(steps = 5, now steps = 6)"},
                                                                       {"steps = 5\n", "(seed = 1, now none)"},
                                                                       {"steps = 5\nseed = 1\nbatch = 2\n", "(none, now batch = 2)"}}) {
    try {
      RunFolder(folder.path, flags);
      ADD_FAILURE() << "took " << flags;
    } catch (const base::UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr(named));
    }
  }
}

TEST(RunFolder, TakesFlagsThatOnlyLookOtherwise) {
  TemporaryFolder folder;
  RunFolder(folder.path, "rate = 0.4\nsteps = 5\nword = 'a'\n").save(state_of(1));
  for (const char* edited : {"rate = 0.40000000000000002\nsteps = 5\nword = 'a'\n", "# less\nword=\"a\"\nrate = 4e-1\nsteps = 5.0\n"}) {
    base::write_file(folder / "config.toml", edited);
    EXPECT_NO_THROW(RunFolder(folder.path, "rate = 0.4\nsteps = 5\nword = 'a'\n")) << edited;
  }
  base::write_file(folder / "config.toml", "rate = 0.4\nsteps\n");
  EXPECT_THAT([&] { RunFolder(folder.path, "rate = 0.4\n"); },
              testing::ThrowsMessage<base::UsageError>(HasSubstr((folder / "config.toml").string() + ":2: ")));
}

TEST(RunFolder, BeginsAnewWithOtherFlagsWhereThereIsNothingToGoOnFrom) {
  TemporaryFolder folder;
  RunFolder(folder.path, "steps = 5\n");
  RunFolder run(folder.path, "steps = 6\n");
  EXPECT_FALSE(run.has_checkpoint());
  EXPECT_EQ(base::read_file(folder / "config.toml"), "steps = 6\n");
}

TEST(RunFolder, NamesABrokenCheckpointAndGoesOnFromTheOneBefore) {
  TemporaryFolder folder;
  RunFolder run(folder.path, "");
  run.save(state_of(2));
  run.save(state_of(5));
  for (const auto& [file, bytes] :
       std::multimap<std::string, std::string>{{"state.json", "{"}, {"state.json", "{}"}, {"ema.safetensors", "half"}}) {
    base::write_file(folder / "checkpoints/step-5" / file, bytes);
    try {
      run.resume();
      ADD_FAILURE() << "went on from " << file << " = " << bytes;
    } catch (const base::Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("step-5/" + file));
    }
  }
  base::write_file(folder / "latest", "step-2\n");
  expect_state(*run.resume(), 2);
}

TEST(RunFolder, RefusesCheckpointsOfAnotherFormat) {
  TemporaryFolder folder;
  RunFolder run(folder.path, "");
  run.save(state_of(2));
  base::write_file(folder / "checkpoints/step-2/state.json", R"({"format": 99, "step": 2})");
  EXPECT_THROW(run.resume(), base::Error);
}

}  // namespace
}  // namespace zoetrope::training
