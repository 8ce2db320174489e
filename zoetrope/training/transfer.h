#pragma once
#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/data/dataset.h"
#include "zoetrope/tensor/weights.h"
#include "zoetrope/text/tokenizer.h"
#include "zoetrope/transformer/native/denoiser.h"

namespace zoetrope::training {

// What a denoiser has learnt on the latents of one autoencoder, or with one vocabulary, carried over to another. Latents are nearly linear
// in pixels, so a linear map between those of two autoencoders tells most of them (docs/toybox.md has figures), and training goes on from
// there instead of from nothing.

/// The linear maps with the least squared error between the latents of two autoencoders, cell by cell. Latents are about centred, so the
/// maps have no bias.
struct LatentMaps {
  Tensor forward;        // [C_from, C_to] fp32: to = from x forward
  Tensor backward;       // [C_to, C_from] fp32: from = to x backward
  double explained = 0;  // the share of the variance of `to` that `forward` tells
  /// Whether the latents are the same but for rounding, so there is nothing to carry over.
  bool same() const;
};

/// Fitted to the first `clips` examples. Both autoencoders must compress alike; an error tells how they differ.
LatentMaps fit_latent_maps(const autoencoder::VideoAutoencoder& from, const autoencoder::VideoAutoencoder& to, const data::Dataset& dataset,
                           const data::ClipShape& shape, int64_t clips);

/// The weights of a native denoiser of `config`, which has latents `to`, out of the weights of one for latents `from`: the projections of
/// patches change, all else stays. What more channels add enters as strongly as the weakest of the others; without a way in, a network
/// learns slowly to remove its noise.
class TransferredDenoiser : public tensor::WeightSource {
 public:
  TransferredDenoiser(tensor::WeightSource& from, LatentMaps maps, const transformer::native::Config& config);
  Tensor get(const std::string& name, at::IntArrayRef shape) override;
  bool has(const std::string& name) const override { return from_.has(name); }

 private:
  tensor::WeightSource& from_;
  LatentMaps maps_;
  int64_t cells_;  // of a patch
};

/// Token embeddings [V_from,D] for another vocabulary, [V_to,D]: pieces that both have keep theirs, and a new piece has the mean of those
/// by which its text was written so far.
Tensor transfer_embeddings(const Tensor& table, const text::Tokenizer& from, const text::Tokenizer& to);

}  // namespace zoetrope::training
