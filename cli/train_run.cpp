#include "cli/train_run.h"

#include "zoetrope/base/formats.h"
#include "zoetrope/base/progress.h"

namespace zoetrope::cli {

void add_train_run_flags(CLI::App* command, TrainRunOptions& o, bool initial) {
  command->add_option("--run", o.run, "the run's folder; an existing run is resumed")->required()->type_name("FOLDER");
  if (initial)
    command->add_option("--init", o.init, "a model folder or name with the initial weights; the optimizer starts new")->type_name("FOLDER");
  command->add_option("--world", o.world, "settings of the training world, as `zoetrope world list --json` prints them")
      ->type_name("FILE.json")
      ->check(CLI::ExistingFile);
  add_place_flags(command, o.place, "; weights and optimizer are always fp32");
  command->add_option("--steps", o.loop.steps, "steps in all")->check(check_positive)->capture_default_str();
  command->add_option("--warmup-steps", o.loop.warmup_steps, "steps in which the learning rate rises")
      ->check(check_not_negative)
      ->capture_default_str();
  command->add_option("--decay-fraction", o.loop.decay_fraction, "fraction of the steps at the end in which it falls to 0")
      ->check(check_fraction)
      ->capture_default_str();
  command->add_option("--muon-lr", o.loop.optimizer.muon_lr, "learning rate of the hidden matrices")
      ->check(check_not_negative)
      ->capture_default_str();
  command->add_option("--adam-lr", o.loop.optimizer.adam_lr, "learning rate of all other parameters")
      ->check(check_not_negative)
      ->capture_default_str();
  command->add_option("--ema-decay", o.loop.ema_decay, "decay of the averaged weights")->check(check_fraction)->capture_default_str();
  command->add_option("--checkpoint-minutes", o.loop.checkpoint_minutes, "minutes between checkpoints")
      ->check(check_not_negative)
      ->capture_default_str();
  command->add_option("--sample-every", o.loop.sample_every, "steps between samples; 0 for none")
      ->check(check_not_negative)
      ->capture_default_str();
}

void add_batch_flags(CLI::App* command, training::BatchSettings& batches) {
  command->add_option("--caption-dropout", batches.caption_dropout, "fraction of empty prompts")
      ->check(check_fraction)
      ->capture_default_str();
  command->add_option("--subject-weight", batches.subject_weight, "weight of the error of the subject")
      ->check(check_positive)
      ->capture_default_str();
  command
      ->add_option(
          "--causal-prob", batches.causal_prob,
          "probability that the tokens of a batch of clips see only their past, as in a stream, and each latent frame has its own sigma")
      ->check(check_fraction)
      ->capture_default_str();
  command->add_option("--condition-prob", batches.condition_prob, "probability of known tokens in each other batch")
      ->check(check_fraction)
      ->capture_default_str();
  command->add_option("--repeats", batches.shuffle.repeats, "how often an encoded example is used on average")
      ->check(check_positive)
      ->capture_default_str();
  command->add_option("--chunks", batches.shuffle.chunks, "chunks of 128 encoded examples in the shuffle buffer")
      ->check(check_positive)
      ->capture_default_str();
  command->add_option("--seed", batches.seed, "seed of weights, batches and noise")->check(check_seed)->capture_default_str();
}

world::Settings training_world(const TrainRunOptions& o, world::Split split) {
  world::Settings settings = o.world.empty() ? world::Settings() : world::read_settings(o.world);
  settings.split = split;
  return settings;
}

training::RunFolder open_run(const TrainRunOptions& o, const CLI::App& command) {
  return training::RunFolder(o.run, command.get_config_formatter()->to_config(&command, false, false, ""));
}

void run_task(training::Task& task, TrainRunOptions& o, const tensor::Placement& placement, const training::RunFolder& run,
              const Output& output) {
  o.loop.optimizer.muon_dtype = placement.dtype;
  if (!output.quiet && !run.has_checkpoint()) fmt::print(stderr, "starting a new run in {}\n", o.run);
  base::TerminalProgress progress(output.quiet);
  try {
    training::train(task, o.loop, run, progress);
  } catch (const base::Cancelled&) {
    if (run.has_checkpoint()) fmt::print(stderr, "\n{} is saved at {}; the same command resumes it\n", o.run, run.latest());
    throw;
  }
  if (output.json) {
    fmt::print("{}\n", base::pretty({{"run", o.run}, {"model", run.model().string()}}));
  } else {
    fmt::print("{}\n", run.model().string());
  }
}

}  // namespace zoetrope::cli
