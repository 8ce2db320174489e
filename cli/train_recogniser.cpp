#include "cli/train_recogniser.h"

#include "cli/flags.h"
#include "zoetrope/autoencoder/native/autoencoder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/evaluation/recogniser/frame_task.h"
#include "zoetrope/evaluation/recogniser/motion_task.h"
#include "zoetrope/evaluation/training_settings.h"
#include "zoetrope/model/find_model.h"
#include "zoetrope/tensor/checkpoint.h"

namespace zoetrope::cli {
namespace {

namespace fs = std::filesystem;

struct RecogniserOptions {
  std::string run, model, world;
  PlaceFlags place;
  training::LoopSettings frames{
      .steps = 2500, .warmup_steps = 50, .decay_fraction = .4, .ema_decay = .995, .sample_every = 250, .optimizer = {}};
  training::LoopSettings motion{
      .steps = 3000, .warmup_steps = 50, .decay_fraction = .5, .ema_decay = .995, .sample_every = 1000, .optimizer = {}};
  int64_t batch = 48, clips = 5000, workers = 1;
  uint64_t seed = 0;
};

void train_recogniser(const RecogniserOptions& o, const CLI::App& command, const Output& output) {
  fs::path model = model::find_model(o.model), run = o.run;
  const tensor::Placement placement = o.place.placement();
  auto autoencoder = autoencoder::native::load(model / "vae", placement);
  evaluation::RecogniserDatasetSettings settings;
  settings.world = o.world.empty() ? evaluation::training_settings(model) : world::read_settings(o.world);
  evaluation::RecogniserDataset dataset(settings, autoencoder.get());
  std::string flags = command.get_config_formatter()->to_config(&command, false, false, "");
  base::TerminalProgress progress(output.quiet);

  training::RunFolder frames_run(run / "frames", flags), motion_run(run / "motion", flags);
  evaluation::FrameTask frames(dataset, o.batch, o.workers, o.seed, placement);
  training::train(frames, o.frames, frames_run, progress);

  tensor::Checkpoint averaged(frames_run.model() / "recogniser", placement);
  const vision::RecogniserConfig& config = dataset.config();
  vision::FrameClassifier network(tensor::Weights(averaged, "frame"), config.frame, config.frame_classes());
  std::map<std::string, Tensor> frame_weights;
  for (const std::string& name : averaged.names()) frame_weights[name] = averaged.get(name, averaged.entry(name).shape);
  evaluation::MotionFeatures tracks =
      evaluation::extract_features(dataset, network, placement, o.clips, run / "tracks.safetensors", progress);
  evaluation::MotionTask motion(tracks, config, frame_weights, /*batch=*/64, o.seed);
  training::train(motion, o.motion, motion_run, progress);

  std::string made = (motion_run.model() / "recogniser").string();
  fmt::print("{}\n", output.json ? base::pretty({{"run", o.run}, {"recogniser", made}}) : made);
}

}  // namespace

void add_train_recogniser(CLI::App& train, const Output& output) {
  auto o = std::make_shared<RecogniserOptions>();
  CLI::App* command = train.add_subcommand(
      "recogniser", "train the recogniser that `zoetrope evaluate --suite composition` needs: first on frames, then on clips");
  command->add_option("--run", o->run, "the run's folder; an existing run is resumed")->required()->type_name("FOLDER");
  command->add_option("--model", o->model, "the model to evaluate, with its world and its autoencoder")->required()->type_name("FOLDER");
  command->add_option("--world", o->world, "settings of the world, if the model's zoetrope.json has none")
      ->type_name("FILE.json")
      ->check(CLI::ExistingFile);
  add_place_flags(command, o->place, "; weights and optimizer are always fp32");
  command->add_option("--steps", o->frames.steps, "steps on frames")->check(check_positive)->capture_default_str();
  command->add_option("--motion-steps", o->motion.steps, "steps on clips")->check(check_positive)->capture_default_str();
  command->add_option("--batch", o->batch, "frames per step")->check(check_positive)->capture_default_str();
  command->add_option("--clips", o->clips, "clips for training on motion")
      ->check(CLI::Range(int64_t{100}, int64_t{1000000}))
      ->capture_default_str();
  command->add_option("--workers", o->workers, "threads that render frames")->check(check_positive)->capture_default_str();
  command->add_option("--seed", o->seed, "seed of the weights")->capture_default_str();
  command->footer(
      "Example:\n"
      "  zoetrope train recogniser --run runs/recogniser --model models/toybox && cp -r runs/recogniser/motion/model/recogniser "
      "models/toybox/\n");
  command->callback([o, command, &output] { train_recogniser(*o, *command, output); });
}

}  // namespace zoetrope::cli
