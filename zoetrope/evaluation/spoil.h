#pragma once
#include "zoetrope/base/rng.h"
#include "zoetrope/world/scenario.h"

namespace zoetrope::evaluation {

// What a recogniser must not take for an object: the right colours and texture without the form. Layers are the objects alone, [4,H,W] fp32
// in 0..1: premultiplied red, green, blue, and cover.

/// A painted clip taken apart.
struct Parts {
  Tensor background;  // [T,3,H,W]
  Tensor layers;      // [T,4,H,W]
};

/// Paints a scenario with and without its objects.
Parts take_apart(const world::Scenario& scenario, const Tensor& frames, const Tensor& subject_mask, const data::ClipShape& shape);
/// The layers laid over the background -> frames [T,3,H,W].
Tensor put_together(const Parts& parts);

enum class Spoil { scrambled, cut_up, molten, texture };

/// Ways of spoiling after which nothing is left of the form of an object: a molten circle would still be a circle.
std::vector<Spoil> fitting_spoils(const world::Object& object);

/// scrambled: cut into tiles that are shuffled and turned; cut_up: strips pushed apart; molten: a soft blob of its colours; texture: its
/// pieces in a blob.
Tensor spoil(const Tensor& layer, Spoil how, base::Rng& rng);

/// A blob with the texture of the first layer that changes its form all the time and sways where the object began: layers [T,4,H,W] -> the
/// same.
Tensor wobbling(const Tensor& layers, base::Rng& rng);

}  // namespace zoetrope::evaluation
