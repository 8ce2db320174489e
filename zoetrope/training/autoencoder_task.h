#pragma once
#include "zoetrope/data/prefetcher.h"
#include "zoetrope/training/cells.h"
#include "zoetrope/training/loop.h"

namespace zoetrope::training {

/// How an autoencoder is trained.
struct AutoencoderSettings {
  data::ClipShape shape;  // of the clips that crops are cut from
  int64_t crop = 48;      // pixels a side; small crops in larger batches learn faster than whole clips
  int64_t crop_frames = 13;
  int64_t batch = 16;          // crops
  int64_t crops_a_clip = 4;    // a clip is dear to draw
  double focus_weight = 5;     // of the squared error where the subject is
  double gradient_weight = 2;  // of the error of differences between neighbours, which keeps edges
  double absolute_weight = 0.1;
  double latent_noise = 0.05;     // added to latents (about unit variance), so that the decoder bears those of a denoiser
  bool freeze_encoder = false;    // train the decoder alone: latents stay what they are
  int64_t principal_clips = 150;  // from which the linear parts are made
  int64_t workers = 1;
  uint64_t seed = 0;
};

/// Refuses sizes and lengths that cannot be trained on, with a `UsageError`.
void check(const AutoencoderSettings& settings);

/// A batch of crops: frames [B,3,T,H,W] in [-1,1] and how much each pixel counts [B,1,T,H,W].
struct CropBatch {
  Tensor frames, weights;
};

/// A clip after its way through an autoencoder, coded and decoded as a stream, and what it lost: PSNR in dB (frames in 0..1) over all
/// pixels and over the subject's, where there is one.
struct Reconstructed {
  Tensor frames;  // [T,H,W,3] fp32 in 0..1
  double psnr;
  std::optional<double> psnr_focus;
  double decoding_seconds;
};
Reconstructed reconstruct(const autoencoder::VideoAutoencoder& model, const data::Example& example);

/// The means of the figures of the first `clips` examples; 0 over the subject where no clip has one.
struct Reconstruction {
  double psnr, psnr_focus;
};
Reconstruction reconstruction(const autoencoder::VideoAutoencoder& model, const data::Source& source, const data::ClipShape& shape,
                              int64_t clips);

/// Trains the native autoencoder to give back what it saw.
class AutoencoderTask : public Task {
 public:
  /// `initial`: weights to begin with (`principal_cells`, or a model's); null for fresh ones. A decoder that is not among them begins with
  /// the linear synthesis that fits the encoder (`fit_synthesis`). `validation`: examples never trained on.
  AutoencoderTask(const data::Source& source, const data::Source& validation, autoencoder::native::Config config,
                  AutoencoderSettings settings, at::ScalarType compute, tensor::WeightSource* initial);

  const std::map<std::string, Tensor>& parameters() const override { return trained_; }
  bool is_hidden_matrix(const std::string& name) const override;
  void begin(int64_t step) override;
  Tensor loss(int64_t step, base::Json& metrics) override;
  void sample(const std::filesystem::path& stem, base::Json& metrics) override;
  void save_model(const std::filesystem::path& folder) override;

 private:
  /// The configuration with the means and soft scales of the latents of `clips` examples, as they are made and seen now.
  autoencoder::native::Config measured_config(int64_t clips) const;
  CropBatch draw(int64_t step) const;

  const data::Source& source_;
  const data::Source& validation_;
  autoencoder::native::Config config_;
  AutoencoderSettings settings_;
  at::ScalarType compute_;
  tensor::TrainableWeights weights_;
  autoencoder::native::Autoencoder model_;
  std::map<std::string, Tensor> trained_;
  std::unique_ptr<data::Prefetcher<CropBatch>> batches_;
};

}  // namespace zoetrope::training
