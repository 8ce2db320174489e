#pragma once
#include <optional>

#include "zoetrope/base/tensor.h"

namespace zoetrope::diffusion {

/// Classifier-free guidance (Ho & Salimans 2022): away from what the model says without the prompt, towards what it says with it.
struct Guidance {
  double scale = 1;                      // up to 1: the prompt alone, without guidance (as diffusers has it)
  double lowest = 0;                     // guidance applies from this level ...
  double highest = 1;                    // ... to this one (Kynkäänniemi et al. 2024)
  double rescale = 0;                    // how far the deviation goes back to the conditional one's, 0 to 1 (Lin et al. 2024, section 3.4)
  std::optional<int64_t> channels = {};  // so many of the first channels are guided (the original code of DiT: three); all without it
  std::optional<double> low_scale = {};  // instead of `scale`, at the levels below `low`
  double low = 0;

  double scale_at(double s) const { return low_scale && s < low ? *low_scale : scale; }
  /// False where the unconditional prediction would change nothing, and need not be made.
  bool applies(double s) const { return scale_at(s) > 1 && s >= lowest && s <= highest; }
  /// The guided velocity at level s; both predictions [B,C,...].
  Tensor guide(const Tensor& conditional, const Tensor& unconditional, double s = 1) const;
};

}  // namespace zoetrope::diffusion
