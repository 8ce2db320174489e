#include "zoetrope/evaluation/recogniser/corrupt.h"

#include <algorithm>
#include <cmath>

#include "zoetrope/base/random.h"
#include "zoetrope/world/render.h"

namespace zoetrope::evaluation {
namespace {

constexpr int64_t size_multiple = 12;  // boxes are cut into 2, 3 or 4 tiles a side
constexpr int64_t knots = 5;           // of the noise that gives a blob its form

/// The square around what a layer covers; it may reach beyond the image.
struct Box {
  int64_t top, left, side;
};

Box box_around(const Tensor& cover) {
  auto extent = [&](int64_t over) {
    Tensor found = (cover.amax(over) > .1).nonzero();
    if (found.numel() == 0) return std::pair<int64_t, int64_t>{cover.size(1 - over) / 2, cover.size(1 - over) / 2 + 1};
    return std::pair{found[0].item<int64_t>(), found[-1].item<int64_t>() + 1};
  };
  auto [top, bottom] = extent(1);
  auto [left, right] = extent(0);
  int64_t side = (std::max(bottom - top, right - left) + size_multiple - 1) / size_multiple * size_multiple;
  return {(top + bottom - side) / 2, (left + right - side) / 2, side};
}

Tensor cut(const Tensor& layer, const Box& b) {
  Tensor wide = at::constant_pad_nd(layer, {b.side, b.side, b.side, b.side});
  return wide.narrow(1, b.top + b.side, b.side).narrow(2, b.left + b.side, b.side);
}

/// A layer of H x W with `piece` in the box and nothing elsewhere.
Tensor paste(const Tensor& piece, const Box& b, int64_t height, int64_t width) {
  Tensor wide = at::zeros({4, height + 2 * b.side, width + 2 * b.side});
  wide.narrow(1, b.top + b.side, b.side).narrow(2, b.left + b.side, b.side).copy_(piece);
  return wide.narrow(1, b.side, height).narrow(2, b.side, width).contiguous();
}

Tensor scrambled(const Tensor& piece, int64_t tiles, base::Rng& rng) {
  int64_t side = piece.size(1) / tiles;
  std::vector<int64_t> order(tiles * tiles);
  for (int64_t i = 0; i < std::ssize(order); ++i) order[i] = i;
  for (size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[rng.below(i)]);  // Sattolo 1986: no tile stays in its place
  Tensor result = at::empty_like(piece);
  for (int64_t i = 0; i < std::ssize(order); ++i) {
    Tensor tile = piece.narrow(1, order[i] / tiles * side, side).narrow(2, order[i] % tiles * side, side);
    result.narrow(1, i / tiles * side, side)
        .narrow(2, i % tiles * side, side)
        .copy_(at::rot90(tile, static_cast<int64_t>(rng.below(4)), {1, 2}));
  }
  return result;
}

Tensor sliced(const Tensor& piece, base::Rng& rng) {
  int64_t side = piece.size(1), strips = 2 + static_cast<int64_t>(rng.below(2)), along = 1 + static_cast<int64_t>(rng.below(2)),
          way = rng.chance(.5) ? 1 : -1;
  Tensor result = piece.clone();
  for (int64_t i = 0; i < strips; ++i) {
    int64_t shift = way * (i % 2 == 0 ? 1 : -1) * static_cast<int64_t>(rng.uniform(.17, .3) * static_cast<double>(side)),
            start = i * side / strips, size = (i + 1) * side / strips - start;
    result.narrow(along, start, size).copy_(at::roll(piece.narrow(along, start, size), {shift}, {3 - along}));
  }
  return result;
}

/// The distance from the middle of a square, 1 at the middle of its sides. [side,side]
Tensor radii(int64_t side) {
  Tensor axis = ((at::arange(side, at::kFloat) + .5) / static_cast<double>(side) * 2 - 1).square();
  return (axis.view({1, side}) + axis.view({side, 1})).sqrt();
}

Tensor melted(const Tensor& piece, base::Rng& rng) {
  int64_t side = piece.size(1), cells = 3 + static_cast<int64_t>(rng.below(2));
  Tensor soft =
      at::upsample_bicubic2d(at::adaptive_avg_pool2d(piece.unsqueeze(0), {cells, cells}), {side, side}, false).squeeze(0).clamp(0, 1);
  Tensor cover = soft.narrow(0, 3, 1) * ((1 - radii(side)) * 5).clamp(0, 1),
         shown = at::clamp((cover - .25) * rng.uniform(2, 5), 0, 1) * (cover > 0);
  return at::cat({(soft.narrow(0, 0, 3) / (soft.narrow(0, 3, 1) + 1e-3) * shown).clamp(0, 1), shown});
}

Tensor form_noise(base::Rng& rng) {
  at::Generator generator = base::generator(rng.next());
  return base::randn({1, 1, knots, knots}, generator);
}

/// The pieces of an object filled into a blob whose form `noise` [1,1,k,k] decides.
Tensor texture(const Tensor& piece, const Tensor& noise, base::Rng& rng) {
  int64_t side = piece.size(1);
  Tensor mixed = scrambled(piece, 4, rng), cover = mixed.narrow(0, 3, 1);
  Tensor mean = piece.narrow(0, 0, 3).sum({1, 2}, true) / (piece.narrow(0, 3, 1).sum() + 1e-3);
  Tensor everywhere = mixed.narrow(0, 0, 3) + mean * (1 - cover);
  Tensor radius = radii(side);                                                   // [side,side]
  Tensor rough = at::upsample_bicubic2d(noise, {side, side}, false).squeeze(0);  // [1,side,side]
  Tensor form = at::sigmoid((.5 - radius + .35 * rough) * 14) * (radius < 1);
  return at::cat({everywhere * form, form}).clamp(0, 1);
}

}  // namespace

Parts take_apart(const world::Scenario& scenario, const Tensor& frames, const Tensor& subject_mask, const data::ClipShape& shape) {
  world::Scenario empty = scenario;
  empty.objects.clear();
  auto planes = [](const Tensor& t) { return t.permute({0, 3, 1, 2}).to(at::kFloat) / 255; };
  Tensor behind = planes(world::render(empty, shape).frames), cover = subject_mask.to(at::kFloat).div(255).unsqueeze(1);
  return {behind, at::cat({(planes(frames) - behind * (1 - cover)).clamp(0, 1), cover}, 1)};
}

Tensor put_together(const Parts& parts) {
  return (parts.background * (1 - parts.layers.narrow(1, 3, 1)) + parts.layers.narrow(1, 0, 3)).clamp(0, 1);
}

std::vector<Corruption> possible_corruptions(const world::Object& object) {
  using enum Corruption;
  if (object.name == "circle") return {scrambled, sliced, texture};
  if (object.name == "square") return {sliced, texture};  // its tiles make a square again
  return {scrambled, sliced, melted, texture};
}

Tensor corrupt(const Tensor& layer, Corruption how, base::Rng& rng) {
  Box box = box_around(layer[3]);
  Tensor piece = cut(layer, box), corrupted;
  switch (how) {
    case Corruption::scrambled:
      corrupted = scrambled(piece, 2 + static_cast<int64_t>(rng.below(3)), rng);
      break;
    case Corruption::sliced:
      corrupted = sliced(piece, rng);
      break;
    case Corruption::melted:
      corrupted = melted(piece, rng);
      break;
    case Corruption::texture:
      corrupted = texture(piece, form_noise(rng), rng);
  }
  return paste(corrupted, box, layer.size(1), layer.size(2));
}

Tensor morphing_blob(const Tensor& layers, base::Rng& rng) {
  int64_t frames = layers.size(0), height = layers.size(2), width = layers.size(3);
  Box box = box_around(layers[0][3]);
  Tensor piece = cut(layers[0], box);
  Tensor from = form_noise(rng), to = form_noise(rng);
  const double pace = rng.uniform(.5, 1.5), sway = rng.uniform(0, .06) * static_cast<double>(height), phase = rng.uniform(0, 6.28);
  const base::Rng pieces(rng.next());  // the same texture in every frame
  std::vector<Tensor> result;
  for (int64_t t = 0; t < frames; ++t) {
    const double part = static_cast<double>(t) / static_cast<double>(std::max<int64_t>(1, frames - 1)) * pace, turn = 6.28 * part + phase;
    base::Rng same = pieces;
    Box moved{box.top + std::lround(sway * std::sin(1.7 * turn)), box.left + std::lround(sway * std::cos(turn)), box.side};
    result.push_back(paste(texture(piece, std::cos(turn) * from + std::sin(turn) * to, same), moved, height, width));
  }
  return at::stack(result);
}

}  // namespace zoetrope::evaluation
