#pragma once
#include "zoetrope/autoencoder/native/autoencoder.h"
#include "zoetrope/data/latent_window.h"
#include "zoetrope/text/t5.h"
#include "zoetrope/text/tokenizer.h"
#include "zoetrope/training/loop.h"
#include "zoetrope/training/mix.h"
#include "zoetrope/transformer/native/denoiser.h"

namespace zoetrope::training {

/// How the denoiser and its text encoder are trained. The figures come from the trial of the native model (docs/training.md).
struct DenoiserSettings {
  std::vector<MixPart> mix;
  double caption_drop = 0.1;                     // prompts left empty, for guidance
  double level_mean = 0.3, level_deviation = 1;  // of the logit-normal noise levels of a picture; those of clips are shifted
  double focus_weight = 3;                       // of the error where the subject is
  double known_share = 0.25;                     // of the batches in which part of the tokens is known
  int64_t token_limit = 64;                      // of a prompt
  uint64_t seed = 0;
  data::WindowSettings window;
  base::Json about;  // what is worth knowing of the data; stands in the model's zoetrope.json
};

/// What a trained model folder is made of besides what is trained.
struct Materials {
  const data::Source& source;
  const data::Source& validation;  // prompts for the sheets of samples
  const autoencoder::native::Autoencoder& autoencoder;
  std::filesystem::path autoencoder_folder;  // the component's folder, copied into the model
  std::filesystem::path tokenizer;           // the SentencePiece model
};

/// Trains the native denoiser and its text encoder together, by flow matching.
class DenoiserTask : public Task {
 public:
  /// `initial_denoiser`, `initial_text`: weights to go on from; null for fresh ones.
  DenoiserTask(Materials materials, transformer::native::Config config, text::T5Config text_config, DenoiserSettings settings,
               at::ScalarType compute, tensor::WeightSource* initial_denoiser, tensor::WeightSource* initial_text);

  const std::map<std::string, Tensor>& parameters() const override { return parameters_; }
  bool is_hidden_matrix(const std::string& name) const override;
  void begin(int64_t step) override;
  Tensor loss(int64_t step, base::Json& metrics) override;
  void sample(const std::filesystem::path& stem, base::Json& metrics) override;
  void save_model(const std::filesystem::path& folder) override;

 private:
  text::TextEmbedding embed(const std::vector<std::string>& prompts) const;
  transformer::TokenTimesteps sample_sigmas(const Tensor& latents, at::Generator& generator) const;

  Materials materials_;
  transformer::native::Config config_;
  DenoiserSettings settings_;
  MixSchedule schedule_;
  text::Tokenizer tokenizer_;
  tensor::TrainableWeights denoiser_weights_, text_weights_;
  transformer::native::Denoiser denoiser_;
  text::T5Encoder text_encoder_;
  std::map<std::string, Tensor> parameters_;
  std::vector<std::unique_ptr<data::LatentWindow>> windows_;
};

}  // namespace zoetrope::training
