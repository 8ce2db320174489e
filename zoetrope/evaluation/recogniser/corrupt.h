#pragma once
#include "zoetrope/base/random.h"
#include "zoetrope/world/scenario.h"

namespace zoetrope::evaluation {

// Negatives for a recogniser: the right colours and texture without the shape. Layers are the objects alone, [4,H,W] fp32
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

enum class Corruption { scrambled, sliced, melted, texture };

/// Corruptions that destroy the shape of an object: a melted circle would still be a circle.
std::vector<Corruption> possible_corruptions(const world::Object& object);

/// scrambled: cut into tiles that are shuffled and turned; sliced: strips pushed apart; melted: a soft blob of its colours; texture: its
/// pieces in a blob.
Tensor corrupt(const Tensor& layer, Corruption how, base::Rng& rng);

/// A blob with the texture of the first layer that changes its shape all the time and sways where the object began: layers [T,4,H,W] -> the
/// same.
Tensor morphing_blob(const Tensor& layers, base::Rng& rng);

}  // namespace zoetrope::evaluation
