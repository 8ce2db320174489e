#pragma once
#include "zoetrope/model/model.h"

namespace zoetrope::generation {

/// Makes small pictures of latents by a linear map to colours: the one that the autoencoder's files have, or the one that was fitted to the
/// first clip of which the model made previews on this machine (it is kept in the user's cache by the model's fingerprint). Before that
/// clip is decoded, a rough one. Where no picture is asked for, nothing is fitted.
class LatentPreview {
 public:
  /// Model and observer must outlive it. The observer hears the fit.
  LatentPreview(const model::Model& model, base::Observer& observer) : model_(model), observer_(observer) {}

  /// Latents [1,C,t,h,w] -> [t,H,W,3] uint8 on the CPU: as large as the clip, or as near to 256 pixels a side as whole cells allow.
  Tensor frames(const Tensor& latents);
  /// A latent frame [1,C,1,h,w] was decoded to frames [1,3,F,H,W] in -1..1.
  void learn(const Tensor& latent, const Tensor& frames);
  /// The clip is decoded: from now on its map is used, and kept.
  void keep();

 private:
  void prepare();

  const model::Model& model_;
  base::Observer& observer_;
  std::optional<autoencoder::LatentRgb> map_;
  std::optional<autoencoder::LatentRgbFit> fit_;  // while the map is a rough one
};

}  // namespace zoetrope::generation
