#include "zoetrope/training/denoiser_task.h"

#include <set>

#include "zoetrope/base/files.h"
#include "zoetrope/diffusion/objective.h"
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/training/sample_sheet.h"

namespace zoetrope::training {

DenoiserTask::DenoiserTask(ModelParts parts, transformer::native::Config config, text::T5Config text_config, DenoiserSettings settings,
                           tensor::WeightSource* initial_denoiser, tensor::WeightSource* initial_text)
    : parts_(std::move(parts)),
      config_(config),
      settings_(std::move(settings)),
      batches_(parts_.dataset, parts_.autoencoder, settings_),
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

text::TextEmbedding DenoiserTask::embed(const std::vector<std::string>& prompts) const {
  text::Tokens tokens = tokenizer_.batch(prompts, settings_.token_limit);
  Tensor mask = tokens.mask.to(device());
  return {text_encoder_(tokens.ids.to(device()), mask), mask};
}

Tensor DenoiserTask::loss(int64_t step, base::Json& metrics) {
  at::Generator generator = base::generator(base::derive_seed({settings_.seed, 6, static_cast<uint64_t>(step)}));
  data::LatentBatch batch = batches_.next(step, generator);

  transformer::TokenLayout layout = denoiser_.layout(batch.latents.size(2), batch.latents.size(3), batch.latents.size(4));
  BatchNoise drawn = draw_noise(batch.latents.size(0), layout.grid, {settings_.logit_mean, settings_.logit_std, 1}, settings_.causal_prob,
                                settings_.condition_prob, generator);
  auto of_latents = [&](const Tensor& tokens) { return upsample_to_latents(tokens, layout.grid, config_.patch).to(device()); };
  Tensor sigma = of_latents(drawn.of_tokens()), free = of_latents(drawn.free);  // [B,1,t,h,w]
  Tensor noise = base::randn(batch.latents.sizes(), generator);  // with the sigmas drawn on the CPU, so the same on every device
  diffusion::NoisySample noisy = diffusion::add_noise(batch.latents.to(device()), noise.to(device()), sigma);

  transformer::Conditioning conditioning{embed(batch.prompts)};
  if (config_.actions > 0 && batch.actions.defined()) conditioning.action = batch.actions.to(device());
  layout.attends = drawn.attends;
  if (drawn.sigmas.index.defined()) drawn.sigmas.index = drawn.sigmas.index.to(device());
  Tensor v = denoiser_.predict(noisy.x, drawn.sigmas, *denoiser_.begin(conditioning, layout));

  return velocity_loss(v, noisy.target, free, batch.subject_mask.to(device()), settings_.subject_weight, drawn.attends, metrics);
}

void DenoiserTask::sample(const std::filesystem::path& stem, base::Json&) {
  at::NoGradGuard no_grad;
  std::vector<std::pair<data::ClipShape, SampleSettings>> samples;
  for (const Bucket* bucket : std::set{&settings_.mixture.front(), &settings_.mixture.back()})
    samples.emplace_back(bucket->shape, SampleSettings{.shift = shift_of(bucket->shape)});
  write_sample_sheet(stem.string() + ".png", denoiser_, parts_.autoencoder, parts_.validation, samples, [&](const std::string& prompt) {
    transformer::Conditioning prompts{embed({prompt, ""})};
    return std::vector<generation::Branch>{{"conditional", prompts.row(0)}, {"unconditional", prompts.row(1)}};
  });
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
  base::Json sampling{
      {"width", shape.width}, {"height", shape.height}, {"frames", shape.frames},   {"fps", {shape.fps.numerator, shape.fps.denominator}},
      {"steps", 20},          {"guidance_scale", 3.0},  {"shift", shift_of(shape)}, {"sampler", "euler"}};
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
