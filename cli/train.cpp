#include "cli/command.h"
#include "cli/flags.h"
#include "cli/train_distill.h"
#include "cli/train_recogniser.h"
#include "cli/train_run.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/base/progress.h"
#include "zoetrope/model/find_model.h"
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/tensor/weights.h"
#include "zoetrope/training/autoencoder_task.h"
#include "zoetrope/training/denoiser_task.h"
#include "zoetrope/training/transfer.h"
#include "zoetrope/world/action.h"
#include "zoetrope/world/caption_words.h"
#include "zoetrope/world/captions.h"
#include "zoetrope/world/world.h"

namespace zoetrope::cli {
namespace {

// ---- autoencoder ------------------------------------------------------------------------------------

struct AutoencoderOptions : TrainRunOptions {
  training::AutoencoderSettings task;
  autoencoder::native::Config model;
  std::string size = "96x96";
  bool new_decoder = false;
};

/// The encoder of an autoencoder, and no decoder.
class EncoderAlone : public tensor::WeightSource {
 public:
  explicit EncoderAlone(std::unique_ptr<tensor::WeightSource> whole) : WeightSource(whole->placement()), whole_(std::move(whole)) {}
  Tensor get(const std::string& name, at::IntArrayRef shape) override { return whole_->get(name, shape); }
  bool has(const std::string& name) const override { return name.starts_with("encoder.") && whole_->has(name); }

 private:
  std::unique_ptr<tensor::WeightSource> whole_;
};

void train_autoencoder(AutoencoderOptions& o, const CLI::App& command, const Output& output) {
  Size size = parse_size("--size", o.size);
  o.task.shape.width = size.width, o.task.shape.height = size.height;
  training::check(o.task);
  o.task.freeze_encoder |= o.new_decoder;
  world::World dataset(training_world(o, world::Split::train)), validation(training_world(o, world::Split::held_out));
  const tensor::Placement placement = o.place.placement();
  if (o.task.freeze_encoder && o.init.empty())
    throw base::UsageError("--{} needs an encoder: name a model folder with --init", o.new_decoder ? "new-decoder" : "freeze-encoder");
  std::unique_ptr<tensor::WeightSource> initial;
  if (!o.init.empty()) {
    std::filesystem::path folder = model::find_model(o.init) / "vae";
    o.model = tensor::read_config<autoencoder::native::Config>(folder);
    initial = autoencoder::native::open_weights(folder, {});
    if (o.new_decoder) initial = std::make_unique<EncoderAlone>(std::move(initial));
  }
  training::RunFolder run = open_run(o, command);
  if (!initial && !run.has_checkpoint()) {
    initial = std::make_unique<tensor::TensorMap>(training::pca_encoder(dataset, o.task.shape, o.task.pca_clips, o.model.latent_channels));
  }
  training::AutoencoderTask task(dataset, validation, o.model, o.task, placement, initial.get());
  run_task(task, o, placement, run, output);
}

void add_autoencoder(CLI::App& train, const Output& output) {
  auto o = std::make_shared<AutoencoderOptions>();
  CLI::App* command = train.add_subcommand("autoencoder", "train the native autoencoder: frames <-> latents");
  add_train_run_flags(command, *o);
  command->add_option("--channels", o->model.latent_channels, "channels of a latent")->check(CLI::Range(1, 256))->capture_default_str();
  command->add_option("--size", o->size, "width and height of the clips that are cropped")->type_name("WxH")->capture_default_str();
  command->add_option("--frames", o->task.shape.frames, "their frames, 4k+1")->check(check_positive)->capture_default_str();
  command->add_option("--batch", o->task.batch, "crops per step")->check(check_positive)->capture_default_str();
  command->add_option("--crop", o->task.crop, "pixels per side of a crop")->check(CLI::Range(16, 4096))->capture_default_str();
  command->add_option("--crop-frames", o->task.crop_frames, "frames of a crop, 4k+1")->check(check_positive)->capture_default_str();
  command->add_option("--latent-noise", o->task.latent_noise, "noise added to latents before they are decoded")
      ->check(check_not_negative)
      ->capture_default_str();
  command->add_flag("--freeze-encoder", o->task.freeze_encoder, "train the decoder alone, so latents do not change");
  command->add_flag("--new-decoder", o->new_decoder, "start a new decoder for the encoder of --init, which is frozen");
  command->add_option("--workers", o->task.workers, "threads that render clips")->check(check_positive)->capture_default_str();
  command->add_option("--seed", o->task.seed, "seed of weights, crops and noise")->check(check_seed)->capture_default_str();
  command->footer(
      "Examples:\n"
      "  zoetrope train autoencoder --run runs/autoencoder\n"
      "  zoetrope train autoencoder --run runs/decoder --init toybox --new-decoder\n");
  command->callback([o, command, &output] { train_autoencoder(*o, *command, output); });
}

// ---- denoiser ---------------------------------------------------------------------------------------

struct DenoiserOptions : TrainRunOptions {
  training::DenoiserSettings task;
  transformer::native::Config model;
  text::T5Config text{.vocabulary = 2000, .width = 192, .head_width = 32, .heads = 6, .feed_forward = 512, .layers = 2};
  std::string autoencoder, mix = "96x96x1:64:1";
  int64_t actions = 0;
  bool guidance_embedding = false, new_vocabulary = false;
};

/// Captions from the whole world, whatever part of it is trained on: when the part grows, its words are there already.
std::vector<std::string> captions(uint64_t count) {
  const world::Settings whole = world::settings_from_json({{"objects", "all"}, {"scenes", "all"}, {"motions", "all"}, {"max_objects", 2}});
  std::vector<std::string> captions;
  for (uint64_t i = 0; i < count; ++i) {
    const int64_t frames = i % 4 == 0 ? 1 : 33;  // an image's caption is another than a clip's
    auto [en, zh] = world::caption(world::draw(whole, i, {.frames = frames}), i);
    captions.insert(captions.end(), {en, zh});
  }
  return captions;
}

/// What a denoiser starts from.
struct InitialDenoiser {
  std::unique_ptr<tensor::WeightSource> stored, denoiser, text;
};

/// The weights of `--init`, for the latents of the autoencoder and for the run's vocabulary.
InitialDenoiser initial_denoiser(const std::filesystem::path& init, const DenoiserOptions& o, const data::Dataset& dataset,
                                 const autoencoder::native::Autoencoder& autoencoder, const std::filesystem::path& tokenizer, bool quiet) {
  constexpr int64_t fitted_clips = 64;
  InitialDenoiser initial;
  initial.denoiser = std::make_unique<tensor::Checkpoint>(init / "transformer");
  if (std::filesystem::exists(init / "vae")) {
    auto before = autoencoder::native::load(init / "vae", autoencoder.placement());
    training::LatentMaps maps = training::fit_latent_maps(*before, autoencoder, dataset, {.frames = 17}, fitted_clips);
    if (!maps.same()) {
      if (!quiet)
        fmt::print(stderr, "{} has other latents; a linear map from them tells {:.1f}% of the new ones, and its denoiser is carried over\n",
                   o.init, 100 * maps.explained);
      initial.stored = std::move(initial.denoiser);
      initial.denoiser = std::make_unique<training::TransferredDenoiser>(*initial.stored, std::move(maps), o.model);
    }
  }
  tensor::Checkpoint text(init / "text_encoder");
  std::map<std::string, Tensor> tensors;
  for (const std::string& name : text.names()) tensors[name] = text.get(name, text.entry(name).shape);
  if (o.new_vocabulary) {
    Tensor& table = tensors.at("shared.weight");
    table = training::transfer_embeddings(table, text::Tokenizer(init / "tokenizer"), text::Tokenizer(tokenizer));
  }
  initial.text = std::make_unique<tensor::TensorMap>(std::move(tensors));
  return initial;
}

/// The run's vocabulary: what it began with, that of `--init`, or a new one.
std::filesystem::path vocabulary(const DenoiserOptions& o, const training::RunFolder& run) {
  std::filesystem::path path = run.path() / "spiece.model";
  if (run.has_checkpoint()) return path;
  if (o.init.empty() || o.new_vocabulary) {
    text::train_vocabulary(captions(5000), o.text.vocabulary, path);
  } else {
    base::write_file(path, base::read_file(model::find_model(o.init) / "tokenizer" / "spiece.model"));
  }
  return path;
}

void train_denoiser(DenoiserOptions& o, const CLI::App& command, const Output& output) {
  world::Settings settings = training_world(o, world::Split::train);
  world::World dataset(settings), validation(training_world(o, world::Split::held_out));
  const tensor::Placement placement = o.place.placement();
  std::filesystem::path vae = model::find_model(o.autoencoder) / "vae";
  auto autoencoder = autoencoder::native::load(vae, placement);
  o.task.mixture = training::parse_mixture(o.mix);
  o.task.about = {{"world", world::to_json(settings)}, {"captions", world::caption_words(settings)}};
  std::filesystem::path init = o.init.empty() ? std::filesystem::path() : model::find_model(o.init);
  if (!o.init.empty()) {
    o.model = tensor::read_config<transformer::native::Config>(init / "transformer");
    o.text = tensor::read_config<text::T5Config>(init / "text_encoder");
  }
  o.model.latent_channels = autoencoder->geometry().channels;
  if (o.actions > 0) o.model.actions = o.actions;
  if (o.model.actions == std::ssize(world::action_names)) o.task.actions.assign(world::action_names.begin(), world::action_names.end());
  o.model.guidance_embedding |= o.guidance_embedding;
  o.model.check();
  training::RunFolder run = open_run(o, command);
  std::filesystem::path tokenizer = vocabulary(o, run);
  o.text.vocabulary = text::Tokenizer(tokenizer).vocabulary_size();
  o.model.text_width = o.text.width;
  InitialDenoiser initial;
  if (!o.init.empty() && !run.has_checkpoint()) initial = initial_denoiser(init, o, dataset, *autoencoder, tokenizer, output.quiet);
  training::DenoiserTask task({dataset, validation, *autoencoder, vae, tokenizer}, o.model, o.text, o.task, initial.denoiser.get(),
                              initial.text.get());
  run_task(task, o, placement, run, output);
}

void add_denoiser(CLI::App& train, const Output& output) {
  auto o = std::make_shared<DenoiserOptions>();
  CLI::App* command = train.add_subcommand("denoiser", "train the native denoiser and its text encoder, on images, clips or both");
  add_train_run_flags(command, *o);
  command->add_option("--autoencoder", o->autoencoder, "a model folder or name with the autoencoder")->required()->type_name("FOLDER");
  command
      ->add_option("--mixture", o->mix,
                   "buckets of the batches: width x height x frames:batch:weight, ...; the last one's shape becomes the model's default")
      ->capture_default_str();
  command->add_option("--width", o->model.width, "width of the denoiser")->check(check_positive)->capture_default_str();
  command->add_option("--depth", o->model.depth, "blocks of the denoiser")->check(check_positive)->capture_default_str();
  command->add_option("--heads", o->model.heads, "heads of its attention")->check(check_positive)->capture_default_str();
  command->add_option("--feed-forward", o->model.feed_forward, "width of its feed-forward layers")
      ->check(check_positive)
      ->capture_default_str();
  command->add_option("--logit-mean", o->task.logit_mean, "mean of the logit-normal sigmas of images; those of clips are shifted")
      ->capture_default_str();
  command->add_option("--logit-std", o->task.logit_std, "their deviation")->check(check_positive)->capture_default_str();
  command
      ->add_option(
          "--actions", o->actions,
          "number of actions that the denoiser can be told for each latent frame, 'none' included; with --init, adds them to a model "
          "without; 0 leaves it as it is")
      ->check(check_not_negative)
      ->capture_default_str();
  command->add_flag("--new-vocabulary", o->new_vocabulary,
                    "with --init, learn the vocabulary anew, for words of the world that it lacks; what is known of the others is kept");
  command->add_flag("--guidance-embedding", o->guidance_embedding,
                    "give the denoiser an embedding of the guidance scale, which distillation trains; it changes nothing until then");
  command
      ->add_option("--stream-prob", o->task.shuffle.stream_prob,
                   "probability that clips are cut from the middle of a stream: their first latent frame holds several frames, too")
      ->check(check_fraction)
      ->capture_default_str();
  add_batch_flags(command, o->task);
  command->footer(
      "Examples:\n"
      "  zoetrope train denoiser --run runs/images --autoencoder runs/autoencoder/model\n"
      "  zoetrope train denoiser --run runs/clips --autoencoder toybox --init toybox --mixture 96x96x1:64:1,96x96x33:8:3\n"
      "  zoetrope train denoiser --run runs/next --autoencoder runs/autoencoder/model --init toybox    # its latents are carried over\n");
  command->callback([o, command, &output] { train_denoiser(*o, *command, output); });
}

}  // namespace

void add_train(CLI::App& program, const Output& output) {
  CLI::App* train = program.add_subcommand("train", "train Zoetrope's own models; a stopped run can be resumed");
  train->require_subcommand(1);
  train->footer(
      "Examples, each with the result of the previous one:\n"
      "  zoetrope train autoencoder --run runs/autoencoder\n"
      "  zoetrope train denoiser --run runs/clips --autoencoder runs/autoencoder/model\n"
      "  zoetrope train distill --run runs/fast --teacher runs/clips/model\n"
      "  zoetrope train recogniser --run runs/judge --model runs/clips/model\n");
  add_autoencoder(*train, output);
  add_denoiser(*train, output);
  add_train_distill(*train, output);
  add_train_recogniser(*train, output);
}

}  // namespace zoetrope::cli
