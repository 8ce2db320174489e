#pragma once
#include "zoetrope/data/prefetcher.h"
#include "zoetrope/training/loop.h"
#include "zoetrope/training/pca_init.h"

namespace zoetrope::training {

/// How an autoencoder is trained.
struct AutoencoderSettings {
  data::ClipShape shape;  // of the clips that are cropped
  int64_t crop = 48;      // pixels per side; small crops in larger batches learn faster than whole clips
  int64_t crop_frames = 13;
  int64_t batch = 16;          // crops
  int64_t crops_per_clip = 4;  // rendering a clip is expensive
  double subject_weight = 5;   // of the squared error of the subject
  double gradient_weight = 2;  // of the squared error of neighbours' differences, which keeps edges
  double absolute_weight = 0.1;
  double latent_noise = 0.05;   // added to latents (about unit variance): the decoder tolerates the denoiser's errors
  bool freeze_encoder = false;  // train the decoder alone, so latents do not change
  int64_t pca_clips = 150;      // clips from which the linear parts are fitted
  int64_t workers = 1;
  uint64_t seed = 0;
};

/// Refuses invalid sizes and lengths with a `UsageError`.
void check(const AutoencoderSettings& settings);

/// A batch of crops: frames [B,3,T,H,W] in [-1,1] and the weight of each pixel [B,1,T,H,W].
struct CropBatch {
  Tensor frames, weights;
};

/// The peak signal-to-noise ratio in dB of a mean squared error of values in 0..1; 100 at most.
double to_psnr(double squared_error);

/// A clip encoded and decoded as a stream, and its PSNR in dB (frames in 0..1) over all pixels and over the subject's, if there is one.
struct Reconstructed {
  Tensor frames;  // [T,H,W,3] fp32 in 0..1, on the CPU
  double psnr;
  std::optional<double> psnr_subject;
  double decoding_seconds;
};
Reconstructed reconstruct(const autoencoder::VideoAutoencoder& model, const data::Example& example);

/// The mean PSNR of the first `clips` examples; 0 for the subject if no clip has one.
struct Reconstruction {
  double psnr, psnr_subject;
};
Reconstruction reconstruction(const autoencoder::VideoAutoencoder& model, const data::Dataset& dataset, const data::ClipShape& shape,
                              int64_t clips);

/// Trains the native autoencoder to reconstruct its input.
class AutoencoderTask : public Task {
 public:
  /// `initial`: initial weights (`pca_encoder`, or a model's), or null. If they have no decoder, it starts with the linear synthesis that
  /// fits the encoder (`fit_synthesis`). `validation`: examples that are not trained on.
  AutoencoderTask(const data::Dataset& dataset, const data::Dataset& validation, autoencoder::native::Config config,
                  AutoencoderSettings settings, const tensor::Placement& placement, tensor::WeightSource* initial);

  const std::map<std::string, Tensor>& parameters() const override { return trained_; }
  bool uses_muon(const std::string& name) const override;
  void begin(int64_t step) override;
  Tensor loss(int64_t step, base::Json& metrics) override;
  void sample(const std::filesystem::path& stem, base::Json& metrics) override;
  void save_model(const std::filesystem::path& folder) override;

 private:
  /// The configuration with the current means and scales of the latents of `clips` examples.
  autoencoder::native::Config measured_config(int64_t clips) const;
  CropBatch draw(int64_t step) const;

  const data::Dataset& dataset_;
  const data::Dataset& validation_;
  autoencoder::native::Config config_;
  AutoencoderSettings settings_;
  tensor::TrainableWeights weights_;
  autoencoder::native::Autoencoder model_;
  std::map<std::string, Tensor> trained_;
  std::unique_ptr<data::Prefetcher<CropBatch>> batches_;
};

}  // namespace zoetrope::training
