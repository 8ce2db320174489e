#pragma once
#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/base/json.h"
#include "zoetrope/nn/conv.h"
#include "zoetrope/tensor/fresh_weights.h"

namespace zoetrope::autoencoder {

/// Sizes of the native autoencoder, as they stand in its config.json.
struct NativeConfig {
  int64_t latent_channels = 24;
  std::array<int64_t, 2> encoder_widths{64, 128};      // at 1/4 and 1/8 of the picture's sides
  std::array<int64_t, 3> decoder_widths{192, 96, 48};  // at 1/8, 1/4 and 1/2
  int64_t encoder_blocks = 2;                          // residual blocks a stage
  std::array<int64_t, 3> decoder_blocks{2, 2, 1};
  std::vector<double> latents_mean, latents_scale;  // a channel each: the denoiser sees (z - mean) / scale

  static NativeConfig from_json(const base::Json& json);
  base::Json to_json() const;
};

/// Where a causal layer finds the features that the latent frame before had at the same place of the network; zeros before the first.
class Past {
 public:
  virtual ~Past() = default;
  virtual Tensor before(const Tensor& x) = 0;
};

/// Residual blocks of 3x3 convolutions at one resolution, which first look back at the latent frame before.
struct Stage {
  Stage(tensor::Weights w, int64_t width, int64_t blocks);
  Tensor operator()(const Tensor& x, Past& past) const;  // [n,width,H,W] -> the same

  nn::Conv2d look_back;
  std::vector<std::pair<nn::Conv2d, nn::Conv2d>> blocks;
};

/// Groups of four frames [n,12,H,W] -> z [n,C,H/8,W/8]: a linear projection of 8x8x4 cells and what a small network adds to it.
struct Encoder {
  Encoder(tensor::Weights w, const NativeConfig& config);
  Tensor operator()(const Tensor& groups, Past& past) const;

  nn::Conv2d linear, in, down, out;
  Stage fine, coarse;
};

/// z [n,C,h,w] -> groups of four frames [n,12,8h,8w]: a linear synthesis and what a network adds to it. Every path overlaps the cells
/// beside it and the group before, so that an error of a latent fades into its neighbours and makes no block.
struct Decoder {
  Decoder(tensor::Weights w, const NativeConfig& config);
  Tensor operator()(const Tensor& z, Past& past) const;

  nn::Conv2d synthesis;  // 3x3 latents of this group and of the one before -> the 768 values of a cell
  nn::Conv2d in, up_to_middle, up_to_fine, out;
  nn::Conv2d blend;  // over pixels: without it the last pixel shuffle leaves a pattern of 2x2
  Stage coarse, middle, fine;
};

/// Zoetrope's own autoencoder: 4x8x8 cells, causal, images as one frame (repeated to fill its group).
class NativeAutoencoder : public VideoAutoencoder {
 public:
  NativeAutoencoder(tensor::Weights w, const NativeConfig& config, at::ScalarType compute = at::kFloat);

  Geometry geometry() const override { return {4, 8, config_.latent_channels}; }
  base::Cost decode_cost(int64_t t, int64_t h, int64_t w) const override;
  Tensor encode_next(const Tensor& frames, Cache& cache) const override;
  Tensor decode_next(const Tensor& latent, Cache& cache) const override;

  /// All latent frames of a clip at once, for training: z [B,C,t,h,w] as the encoder makes it, not yet normalised.
  Tensor encode_together(const Tensor& frames) const;
  /// The inverse: z -> frames [B,3,T,H,W].
  Tensor decode_together(const Tensor& z) const;

  /// The last layers of what the networks add start at zero, so a new autoencoder is its linear part.
  static tensor::Start start(const std::string& name, at::IntArrayRef shape);

 private:
  NativeConfig config_;
  at::ScalarType compute_;
  Tensor mean_, scale_;  // [1,C,1,1]
  Encoder encoder_;
  Decoder decoder_;
};

/// Groups of four frames [t*B,12,H,W] of frames [B,3,4k+1,H,W], in time-major order; the first frame is repeated to fill its group.
Tensor frame_groups(const Tensor& frames);

/// The weights in a component's folder. Decoders of earlier versions, whose linear synthesis did not overlap, are translated into equal
/// ones.
std::unique_ptr<tensor::WeightSource> open_native(const std::filesystem::path& folder, std::optional<at::ScalarType> dtype = {});
/// The native autoencoder in a component's folder (config.json and safetensors); weights are cast to `compute` once.
std::unique_ptr<NativeAutoencoder> load_native(const std::filesystem::path& folder, at::ScalarType compute);
/// Writes such a folder, with weights in bf16.
void save_native(const std::filesystem::path& folder, const NativeConfig& config, const std::map<std::string, Tensor>& parameters);

}  // namespace zoetrope::autoencoder
