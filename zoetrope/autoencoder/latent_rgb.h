#pragma once
#include "zoetrope/base/progress.h"
#include "zoetrope/base/tensor.h"

namespace zoetrope::autoencoder {

class VideoAutoencoder;

/// A linear map from latents to colours: shows what latents will become, a pixel for each latent cell, without decoding them.
struct LatentRgb {
  Tensor factors;  // [C+1,3] fp32 on the CPU: the weights of each channel, then what is added

  /// latents [1,C,t,h,w] of any device -> colours [t,h,w,3] fp32 in 0..1 on the CPU.
  Tensor operator()(const Tensor& latents) const;
};

/// Fits such a map by least squares to latents and what they were decoded to, part after part; its memory does not grow. A cell's colour is
/// the mean of its pixels in all of its frames.
class LatentRgbFit {
 public:
  /// For latents of so many channels.
  explicit LatentRgbFit(int64_t channels);
  /// One latent frame [B,C,1,h,w] of each clip, and its frames [B,3,F,H,W] in -1..1.
  void add(const Tensor& latents, const Tensor& frames);
  /// The map so far; where what was added does not decide it, the one with the smallest factors.
  LatentRgb solve() const;

 private:
  Tensor xx_, xy_;  // sums of x x^T [C+1,C+1] and x y^T [C+1,3] over the cells, in double
};

/// A fit to small images of random latents, each of which is constant over its image: rough, but it takes seconds at most, and holds for
/// every channel. The observer hears each image.
LatentRgbFit fit_constant_latents(const VideoAutoencoder& autoencoder, base::Observer& observer);

}  // namespace zoetrope::autoencoder
