#pragma once
#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/base/json.h"
#include "zoetrope/nn/layers.h"
#include "zoetrope/tensor/fresh_weights.h"

namespace zoetrope::autoencoder::native {

/// Sizes of the native autoencoder, as they stand in its config.json.
struct Config {
  int64_t latent_channels = 24;
  std::array<int64_t, 2> encoder_widths{64, 128};      // at 1/4 and 1/8 of the image's sides
  std::array<int64_t, 3> decoder_widths{192, 96, 48};  // at 1/8, 1/4 and 1/2
  int64_t encoder_blocks = 2;                          // residual blocks per stage
  std::array<int64_t, 3> decoder_blocks{2, 2, 1};
  std::vector<double> latents_mean, latents_scale;     // per channel: latents are (z - mean) / scale
  std::vector<std::array<double, 3>> latent_rgb = {};  // the factors of a LatentRgb, written by `save`; older folders have none

  static Config from_json(const base::Json& json);
  base::Json to_json() const;
};

/// Gives a causal layer the features that it had for the latent frame before; zeros before the first.
class PreviousFeatures {
 public:
  virtual ~PreviousFeatures() = default;
  virtual Tensor of(const std::string& layer, const Tensor& x) = 0;
};

/// Residual blocks of 3x3 convolutions at one resolution, after a convolution of the features of the latent frame before.
struct Stage {
  Stage(tensor::Weights w, int64_t width, int64_t blocks);
  Tensor operator()(const Tensor& x, PreviousFeatures& previous) const;  // [n,width,H,W] -> the same

  std::string name;
  nn::Conv2d temporal_conv;
  std::vector<std::pair<nn::Conv2d, nn::Conv2d>> blocks;
};

/// Groups of four frames [n,12,H,W] -> z [n,C,H/8,W/8]: a linear projection of 8x8x4 pixels plus a small network.
struct Encoder {
  Encoder(tensor::Weights w, const Config& config);
  Tensor operator()(const Tensor& groups, PreviousFeatures& previous) const;

  nn::Conv2d linear, in, down, out;
  Stage fine, coarse;
};

/// z [n,C,h,w] -> groups of four frames [n,12,8h,8w]: a linear synthesis plus a network. All paths overlap their neighbours in space and
/// the group before, so an error of a latent does not show as a block.
struct Decoder {
  Decoder(tensor::Weights w, const Config& config);
  Tensor operator()(const Tensor& z, PreviousFeatures& previous) const;

  nn::Conv2d synthesis;  // 3x3 latents of this group and of the one before -> the 768 values of 8x8x4 pixels
  nn::Conv2d in, up_to_middle, up_to_fine, out;
  nn::Conv2d blend;  // over pixels: removes the 2x2 pattern of the last pixel shuffle
  Stage coarse, middle, fine;
};

/// Zoetrope's own autoencoder: compresses 4x8x8, causal; an image is one frame (repeated to fill its group).
class Autoencoder : public VideoAutoencoder {
 public:
  Autoencoder(tensor::Weights w, const Config& config);

  Geometry geometry() const override { return {4, 8, config_.latent_channels}; }
  std::optional<LatentRgb> latent_rgb() const override;
  base::Cost decode_cost(int64_t t, int64_t h, int64_t w) const override;
  Tensor encode_chunk(const Tensor& frames, nn::FeatureCache& cache) const override;
  Tensor decode_chunk(const Tensor& latent, nn::FeatureCache& cache) const override;

  /// All latent frames at once, for training: z [B,C,t,h,w], not normalised.
  Tensor encode_batch(const Tensor& frames) const;
  /// The inverse: z -> frames [B,3,T,H,W].
  Tensor decode_batch(const Tensor& z) const;

  /// The last layers of the networks start at zero, so a new autoencoder is its linear part.
  static tensor::Init init(const std::string& name, at::IntArrayRef shape);

 private:
  Config config_;
  Tensor mean_, scale_;  // [1,C,1,1]
  Encoder encoder_;
  Decoder decoder_;
};

/// Groups of four frames [t*B,12,H,W] of frames [B,3,4k+1,H,W], in time-major order; the first frame is repeated to fill its group.
Tensor frame_groups(const Tensor& frames);

/// Features of whole clips [t*B,...], in time-major order, one latent frame later: zeros come before the first.
Tensor shift_by_latent_frame(const Tensor& x, int64_t latent_frames);

/// The weights in a component's folder. Decoders of earlier versions, whose linear synthesis did not overlap, are translated into equal
/// ones. They are cast to the dtype of the placement once.
std::unique_ptr<tensor::WeightSource> open_weights(const std::filesystem::path& folder, const tensor::Placement& placement);
/// The native autoencoder in a component's folder (config.json and safetensors).
std::unique_ptr<Autoencoder> load(const std::filesystem::path& folder, const tensor::Placement& placement);
/// Writes such a folder, with weights in bf16, and with the map to colours that fits them.
void save(const std::filesystem::path& folder, const Config& config, const std::map<std::string, Tensor>& parameters);

}  // namespace zoetrope::autoencoder::native
