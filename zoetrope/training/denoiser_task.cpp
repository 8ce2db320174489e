#include "zoetrope/training/denoiser_task.h"

#include <cmath>

#include "zoetrope/base/files.h"
#include "zoetrope/diffusion/objective.h"
#include "zoetrope/diffusion/schedules.h"
#include "zoetrope/generation/sample.h"
#include "zoetrope/media/contact_sheet.h"
#include "zoetrope/media/image.h"
#include "zoetrope/tensor/checkpoint.h"

namespace zoetrope::training {
namespace {

constexpr int64_t sampled_prompts = 6;

/// Values of tokens [B,N] for each latent pixel, [B,1,t,h,w], of a grid with patches of `patch` x `patch`.
Tensor upsample_to_latents(const Tensor& tokens, const transformer::Grid& grid, int64_t patch) {
  return tokens.reshape({-1, 1, grid.t, grid.h, grid.w}).repeat_interleave(patch, 3).repeat_interleave(patch, 4);
}

/// How far the sigmas of a clip are shifted towards noise: what all frames share is visible at sigmas at which a single frame is not, as in
/// larger images (Esser et al. 2024, "Scaling Rectified Flow Transformers", section 5.3.2).
double flow_shift(int64_t latent_frames) { return std::sqrt(static_cast<double>(latent_frames)); }

}  // namespace

DenoiserTask::DenoiserTask(ModelParts parts, transformer::native::Config config, text::T5Config text_config, DenoiserSettings settings,
                           tensor::WeightSource* initial_denoiser, tensor::WeightSource* initial_text)
    : parts_(std::move(parts)),
      config_(config),
      settings_(std::move(settings)),
      schedule_(settings_.mixture, settings_.seed),
      tokenizer_(parts_.tokenizer),
      denoiser_weights_(settings_.seed, transformer::native::Denoiser::init, initial_denoiser, parts_.autoencoder.placement()),
      text_weights_(settings_.seed + 1, text::T5Encoder::init(text_config), initial_text, parts_.autoencoder.placement()),
      denoiser_(tensor::Weights(denoiser_weights_), config),
      text_encoder_(tensor::Weights(text_weights_), text_config) {
  for (const auto& [name, parameter] : denoiser_weights_.parameters()) parameters_["transformer." + name] = parameter;
  for (const auto& [name, parameter] : text_weights_.parameters()) parameters_["text_encoder." + name] = parameter;
}

bool DenoiserTask::uses_muon(const std::string& name) const {
  if (name.find("modulation") != std::string::npos) return false;  // low-rank matrices, whose orthogonal updates would be huge
  return name.find("blocks.") != std::string::npos ||
         (name.find(".block.") != std::string::npos && name.find("relative_attention_bias") == std::string::npos);
}

void DenoiserTask::begin(int64_t step) {
  buffers_.clear();
  for (size_t bucket = 0; bucket < settings_.mixture.size(); ++bucket) {
    data::ShuffleSettings shuffle = settings_.shuffle;
    shuffle.seed = base::derive_seed({settings_.seed, 5, bucket});
    buffers_.push_back(std::make_unique<data::ShuffleBuffer>(parts_.dataset, parts_.autoencoder, settings_.mixture[bucket].shape,
                                                             settings_.mixture[bucket].batch, shuffle,
                                                             schedule_.batches_before(step, bucket)));
  }
}

text::TextEmbedding DenoiserTask::embed(const std::vector<std::string>& prompts) const {
  text::Tokens tokens = tokenizer_.batch(prompts, settings_.token_limit);
  Tensor mask = tokens.mask.to(device());
  return {text_encoder_(tokens.ids.to(device()), mask), mask};
}

BatchNoise DenoiserTask::sample_noise(int64_t batch, const transformer::Grid& grid, at::Generator& generator) const {
  auto chance = [&](double probability) { return at::rand({1}, generator).item<double>() < probability; };
  diffusion::SigmaDistribution sigmas{settings_.logit_mean, settings_.logit_std, 1};  // of a single frame, as a stream samples it
  if (grid.t > 1 && chance(settings_.causal_prob)) return causal_noise(batch, grid, sigmas, generator);
  sigmas.shift = flow_shift(grid.t);
  if (chance(settings_.condition_prob)) return noise_with_known(batch, grid, sigmas, generator);
  return uniform_noise(batch, grid, sigmas, generator);
}

Tensor DenoiserTask::loss(int64_t step, base::Json& metrics) {
  data::LatentBatch batch = buffers_[schedule_.bucket(step)]->next();
  at::Generator generator = base::generator(base::derive_seed({settings_.seed, 6, static_cast<uint64_t>(step)}));
  Tensor dropped = at::rand({batch.latents.size(0)}, generator) < settings_.caption_dropout;
  for (size_t i = 0; i < batch.prompts.size(); ++i)
    if (dropped[static_cast<int64_t>(i)].item<bool>()) batch.prompts[i].clear();

  transformer::TokenLayout layout = denoiser_.layout(batch.latents.size(2), batch.latents.size(3), batch.latents.size(4));
  BatchNoise drawn = sample_noise(batch.latents.size(0), layout.grid, generator);
  auto of_latents = [&](const Tensor& tokens) { return upsample_to_latents(tokens, layout.grid, config_.patch).to(device()); };
  Tensor sigma = of_latents(drawn.of_tokens()), free = of_latents(drawn.free);  // [B,1,t,h,w]
  Tensor noise = base::randn(batch.latents.sizes(), generator);  // with the sigmas drawn on the CPU, so the same on every device
  diffusion::NoisySample noisy = diffusion::add_noise(batch.latents.to(device()), noise.to(device()), sigma);

  transformer::Conditioning conditioning{embed(batch.prompts)};
  if (config_.actions > 0 && batch.actions.defined()) conditioning.action = batch.actions.to(device());
  layout.attends = drawn.attends;
  if (drawn.sigmas.index.defined()) drawn.sigmas.index = drawn.sigmas.index.to(device());
  Tensor v = denoiser_.predict(noisy.x, drawn.sigmas, *denoiser_.begin(conditioning, layout));

  Tensor subject_mask = batch.subject_mask.to(device()).unsqueeze(1);
  Tensor weight = (1 + (settings_.subject_weight - 1) * subject_mask) * free;
  Tensor error = (v - noisy.target).square().mean(1, /*keepdim=*/true);
  const bool causal = drawn.attends == transformer::Attends::past;
  metrics[layout.grid.t == 1 ? "image_error"
          : causal           ? "causal_error"
                             : "clip_error"] = (error.detach() * free).sum().item<double>() / free.sum().item<double>();
  return (error * weight).sum() / weight.sum();
}

void DenoiserTask::sample(const std::filesystem::path& stem, base::Json&) {
  at::NoGradGuard no_grad;
  base::Observer silent;
  std::vector<media::SheetRow> rows;
  for (const Bucket& bucket : {settings_.mixture.front(), settings_.mixture.back()}) {
    autoencoder::Geometry g = parts_.autoencoder.geometry();
    std::vector<int64_t> shape{1, g.channels, g.latent_frames(bucket.shape.frames), bucket.shape.height / g.space,
                               bucket.shape.width / g.space};
    generation::Sampling sampling{diffusion::sampler("euler"), diffusion::shifted_sigmas(20, flow_shift(shape[2])), {.scale = 3}};
    for (int64_t i = 0; i < sampled_prompts; ++i) {
      data::Example example = parts_.validation.example(static_cast<uint64_t>(i), bucket.shape);
      std::string prompt = i % 2 == 0 ? example.caption : example.caption_zh;
      at::Generator generator = base::generator(static_cast<uint64_t>(i));
      auto mask = generation::DenoiseMask::none(shape, denoiser_.grid(shape[2], shape[3], shape[4]));
      transformer::Conditioning prompts{embed({prompt, ""})};
      Tensor latents = generation::sample(denoiser_, {}, {{"conditional", prompts.row(0)}, {"unconditional", prompts.row(1)}},
                                          mask.to(device()), base::randn(shape, generator).to(device()), sampling, silent);
      Tensor frames = autoencoder::to_bytes(autoencoder::to_unit_range(parts_.autoencoder.decode(latents).cpu()));
      rows.push_back({prompt, at::cat({media::some_frames(frames, 8), example.clip.frames.narrow(0, bucket.shape.frames / 2, 1)})});
    }
    if (settings_.mixture.size() == 1) break;
  }
  media::write_image(stem.string() + ".png", media::labelled_sheet(rows));
}

void DenoiserTask::save_model(const std::filesystem::path& folder) {
  transformer::native::save(folder / "transformer", config_, denoiser_weights_.parameters());
  tensor::save_component(folder / "text_encoder", text_encoder_.config.to_json(), text_weights_.parameters(), at::kBFloat16);
  std::filesystem::create_directories(folder / "tokenizer");
  std::filesystem::copy(parts_.tokenizer, folder / "tokenizer" / "spiece.model");
  std::filesystem::copy(parts_.autoencoder_folder, folder / "vae");
  base::write_file(folder / "model_index.json", base::Json{{"_class_name", "ZoetropePipeline"},
                                                           {"text_encoder", {"zoetrope", "T5EncoderModel"}},
                                                           {"tokenizer", {"zoetrope", "T5Tokenizer"}},
                                                           {"transformer", {"zoetrope", "ZoetropeDenoiser"}},
                                                           {"vae", {"zoetrope", "ZoetropeAutoencoder"}}}
                                                        .dump(2) +
                                                    "\n");
  const data::ClipShape& shape = settings_.mixture.back().shape;
  base::Json sizes = base::Json::array();
  for (const Bucket& bucket : settings_.mixture) {
    base::Json size{bucket.shape.width, bucket.shape.height};
    if (std::find(sizes.begin(), sizes.end(), size) == sizes.end()) sizes.push_back(size);
  }
  const double shift = flow_shift(parts_.autoencoder.geometry().latent_frames(shape.frames));
  base::Json sampling{
      {"width", shape.width}, {"height", shape.height}, {"frames", shape.frames}, {"fps", {shape.fps.numerator, shape.fps.denominator}},
      {"steps", 20},          {"guidance_scale", 3.0},  {"shift", shift},         {"sampler", "euler"}};
  base::write_file(folder / "zoetrope.json", base::Json{{"format", 2},
                                                        {"sampling", sampling},
                                                        {"sizes", sizes},
                                                        {"token_limit", settings_.token_limit},
                                                        {"languages", {"en", "zh"}},
                                                        {"streams", settings_.causal_prob > 0},
                                                        {"actions", settings_.actions},
                                                        {"licence", "Apache-2.0"},
                                                        {"trained_on", settings_.about}}
                                                     .dump(2) +
                                                 "\n");
}

}  // namespace zoetrope::training
