#pragma once
#include <optional>

#include "zoetrope/base/tensor.h"

namespace zoetrope::diffusion {

/// Sigmas from `low` to `high`, both included.
struct SigmaInterval {
  double low = 0, high = 1;
  bool contains(double sigma) const { return low <= sigma && sigma <= high; }
  bool operator==(const SigmaInterval&) const = default;
};

/// Classifier-free guidance (Ho & Salimans 2022): away from the prediction without the prompt, towards the one with it.
struct Guidance {
  double scale = 1;             // values of 1 or less disable guidance, as in diffusers
  SigmaInterval interval = {};  // where guidance applies (Kynkäänniemi et al. 2024)
  double rescale = 0;           // how far the deviation is brought back to the conditional one, 0 to 1 (Lin et al. 2024, section 3.4)
  std::optional<int64_t> channels = {};  // guide only the first N channels (the original code of DiT: 3); all if unset
  std::optional<double> scale_2 = {};    // instead of `scale` at sigmas below `boundary`
  double boundary = 0;

  double scale_at(double sigma) const { return scale_2 && sigma < boundary ? *scale_2 : scale; }
  /// Whether the unconditional prediction is needed.
  bool applies(double sigma) const { return scale_at(sigma) > 1 && interval.contains(sigma); }
  /// The guided velocity at `sigma`; both predictions [B,C,...].
  Tensor guide(const Tensor& conditional, const Tensor& unconditional, double sigma = 1) const;
};

}  // namespace zoetrope::diffusion
