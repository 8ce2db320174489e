#include "cli/train_distill.h"

#include "cli/train_run.h"
#include "zoetrope/base/error.h"
#include "zoetrope/evaluation/training_settings.h"
#include "zoetrope/model/find_model.h"
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/training/distill_task.h"
#include "zoetrope/world/world.h"

namespace zoetrope::cli {
namespace {

struct DistillOptions : TrainRunOptions {
  training::DistillSettings task;
  std::string teacher, mix = "96x96x1:32:1,96x96x33:8:3";
  int64_t rank = 16;
};

void train_distill(DistillOptions& o, const CLI::App& command, const Output& output) {
  const std::filesystem::path folder = model::find_model(o.teacher);
  const tensor::Placement placement = o.place.placement();
  const auto config = tensor::read_config<transformer::native::Config>(folder / "transformer");
  if (!config.guidance_embedding)
    throw base::UsageError("'{}' cannot be told a guidance scale; train it with `train denoiser --init {} --guidance-embedding` first",
                           o.teacher, o.teacher);
  const model::Model teacher = model::Model::load({folder}, placement);
  tensor::Checkpoint checkpoint(folder / "transformer", placement);
  checkpoint.cast_weights();
  training::LowRankWeights weights(checkpoint, o.rank, o.task.seed);
  const transformer::native::Denoiser student(tensor::Weights(weights), config);

  world::Settings settings = o.world.empty() ? evaluation::training_settings(folder) : training_world(o, world::Split::train);
  settings.split = world::Split::train;
  const world::World dataset(settings);
  settings.split = world::Split::held_out;
  const world::World validation(settings);
  o.task.mixture = training::parse_mixture(o.mix);
  training::check(o.task, teacher);
  training::RunFolder run = open_run(o, command);
  training::DistillTask task(teacher, folder, student, weights, dataset, validation, o.task);
  run_task(task, o, placement, run, output);
}

}  // namespace

void add_train_distill(CLI::App& train, const Output& output) {
  auto o = std::make_shared<DistillOptions>();
  o->loop.warmup_steps = 50, o->loop.decay_fraction = 0.4, o->loop.ema_decay = 0.99, o->loop.sample_every = 200;
  o->loop.optimizer.adam_lr = 0.001;
  CLI::App* command =
      train.add_subcommand("distill", "distil a native model to a few steps without guidance: a LoRA that becomes its preset 'fast'");
  add_train_run_flags(command, *o, /*initial=*/false);
  command->add_option("--teacher", o->teacher, "the model folder or name to distil; it must have a guidance embedding")
      ->required()
      ->type_name("FOLDER");
  command->add_option("--mixture", o->mix, "buckets of the batches: width x height x frames:batch:weight, ...")->capture_default_str();
  command->add_option("--student-steps", o->task.steps, "steps of sampling for which it is made")
      ->check(check_positive)
      ->capture_default_str();
  command->add_option("--teacher-steps", o->task.teacher_steps, "steps of the teacher for one of them")
      ->check(check_positive)
      ->capture_default_str();
  command->add_option("--rank", o->rank, "rank of the LoRA")->check(check_positive)->capture_default_str();
  command->add_option("--lowest-guidance", o->task.lowest_guidance, "the lowest guidance scale that it is told")->capture_default_str();
  command->add_option("--highest-guidance", o->task.highest_guidance, "the highest one")->capture_default_str();
  command->add_option("--inner-prob", o->task.inner_prob, "probability that a clip starts between two of the steps")
      ->check(check_fraction)
      ->capture_default_str();
  add_batch_flags(command, o->task);
  command->footer(
      "Example:\n"
      "  zoetrope train distill --run runs/fast --teacher runs/clips/model --steps 600\n");
  command->callback([o, command, &output] { train_distill(*o, *command, output); });
}

}  // namespace zoetrope::cli
