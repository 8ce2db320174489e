#pragma once
#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/autoencoder/wan/layers.h"

namespace zoetrope::autoencoder::wan {

/// The causal autoencoders of Wan2.1 (4x8x8, 16 channels) and Wan2.2 (4x16x16, 48 channels). Parameter names are those of diffusers'
/// AutoencoderKLWan. Latents are the encoder's mean.
class Autoencoder : public VideoAutoencoder {
 public:
  Autoencoder(tensor::Weights w, const Config& config);

  Geometry geometry() const override { return {config_.time, config_.space, config_.latent_channels}; }
  base::Cost decode_cost(int64_t t, int64_t h, int64_t w) const override { return cost(t, h, w, bands(h, w)); }
  Tensor encode_chunk(const Tensor& frames, nn::FeatureCache& cache) const override;
  Tensor decode_chunk(const Tensor& latent, nn::FeatureCache& cache) const override;
  /// Where the features that a stream of an image this large remembers need gigabytes, band after band of the image.
  void decode(const Tensor& latents, base::Observer& observer, const std::function<void(const Tensor&)>& next,
              DecodeStream* stream = nullptr) const override;
  using VideoAutoencoder::decode;

  /// A clip, or a piece of one, in `count` bands along the longer side, each with all of its frames: the same numbers, up to the order in
  /// which they are added. The memory is that of a band, at any length: frames wait on the disk until the last band is done. What lies
  /// between two bands is computed twice.
  void decode_in_bands(const Tensor& latents, int64_t count, base::Observer& observer, const std::function<void(const Tensor&)>& next,
                       DecodeStream* stream = nullptr) const;

 private:
  /// In how many bands images are decoded: as few as fit into 2 GiB, or else as need the least.
  int64_t bands(int64_t h, int64_t w) const;
  std::vector<Band> cut(int64_t h, int64_t w, int64_t count) const;
  base::Cost cost(int64_t t, int64_t h, int64_t w, int64_t count) const;
  Tensor features(const Tensor& latent, nn::FeatureCache& cache) const;
  Tensor frames(const Tensor& features, nn::FeatureCache& cache, const Band& band) const;

  Config config_;
  Tensor mean_, deviation_;  // [1,C,1,1,1]
  Encoder encoder_;
  nn::CausalConv3d quant_conv_, post_quant_conv_;
  Decoder decoder_;
};

}  // namespace zoetrope::autoencoder::wan
