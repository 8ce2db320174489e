#pragma once
#include "cli/command.h"
#include "cli/flags.h"
#include "zoetrope/training/latent_batches.h"
#include "zoetrope/training/loop.h"
#include "zoetrope/world/settings.h"

namespace zoetrope::cli {

/// The flags that commands share which train in one loop.
struct TrainRunOptions {
  std::string run, init, world;
  PlaceFlags place;
  training::LoopSettings loop;
};

/// `initial`: whether the run can begin with a model's weights by `--init`.
void add_train_run_flags(CLI::App* command, TrainRunOptions& o, bool initial = true);

/// The flags of batches of latents, but for their mixture.
void add_batch_flags(CLI::App* command, training::BatchSettings& batches);

/// The world of `--world`, or the default one.
world::Settings training_world(const TrainRunOptions& o, world::Split split);

/// Opens the run's folder, or makes it with the command's flags.
training::RunFolder open_run(const TrainRunOptions& o, const CLI::App& command);

/// Trains, and prints where the model is.
void run_task(training::Task& task, TrainRunOptions& o, const tensor::Placement& placement, const training::RunFolder& run,
              const Output& output);

}  // namespace zoetrope::cli
