#pragma once
#include "zoetrope/autoencoder/native/autoencoder.h"
#include "zoetrope/text/t5.h"
#include "zoetrope/text/tokenizer.h"
#include "zoetrope/training/batch_noise.h"
#include "zoetrope/training/latent_batches.h"
#include "zoetrope/training/loop.h"
#include "zoetrope/transformer/native/denoiser.h"

namespace zoetrope::training {

/// How the denoiser and its text encoder are trained. The defaults were found for the native model (docs/training.md).
struct DenoiserSettings : BatchSettings {
  double logit_mean = 0.3, logit_std = 1;  // of the logit-normal sigmas of images; those of clips are shifted
  int64_t token_limit = 64;                // of a prompt
  std::vector<std::string> actions;        // names of those that the denoiser is told
  base::Json about;                        // describes the data in the model's zoetrope.json (trained_on)
};

/// The parts of a model folder beside what is trained.
struct ModelParts {
  const data::Dataset& dataset;
  const data::Dataset& validation;  // prompts of the samples
  const autoencoder::native::Autoencoder& autoencoder;
  std::filesystem::path autoencoder_folder;  // copied into the model
  std::filesystem::path tokenizer;           // the SentencePiece model
};

/// Trains the native denoiser and its text encoder together, by flow matching.
class DenoiserTask : public Task {
 public:
  /// Trains at the place of the autoencoder. `initial_denoiser`, `initial_text`: initial weights, or null.
  DenoiserTask(ModelParts parts, transformer::native::Config config, text::T5Config text_config, DenoiserSettings settings,
               tensor::WeightSource* initial_denoiser, tensor::WeightSource* initial_text);

  const std::map<std::string, Tensor>& parameters() const override { return parameters_; }
  bool uses_muon(const std::string& name) const override;
  void begin(int64_t step) override { batches_.begin(step); }
  Tensor loss(int64_t step, base::Json& metrics) override;
  void sample(const std::filesystem::path& stem, base::Json& metrics) override;
  void save_model(const std::filesystem::path& folder) override;

 private:
  at::Device device() const { return parts_.autoencoder.placement().device; }
  text::TextEmbedding embed(const std::vector<std::string>& prompts) const;
  double shift_of(const data::ClipShape& shape) const { return flow_shift(parts_.autoencoder.geometry().latent_frames(shape.frames)); }

  ModelParts parts_;
  transformer::native::Config config_;
  DenoiserSettings settings_;
  LatentBatches batches_;
  text::Tokenizer tokenizer_;
  tensor::TrainableWeights denoiser_weights_, text_weights_;
  transformer::native::Denoiser denoiser_;
  text::T5Encoder text_encoder_;
  std::map<std::string, Tensor> parameters_;
};

}  // namespace zoetrope::training
