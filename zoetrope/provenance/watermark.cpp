#include "zoetrope/provenance/watermark.h"

#include <bit>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "zoetrope/base/random.h"

namespace zoetrope::provenance {
namespace {

/// The lowest wave of the discrete cosine transform along the last of two dimensions: [8,8], of length 1.
Tensor lowest_wave() {
  constexpr int64_t n = Watermark::block;
  Tensor x = at::arange(n, at::kDouble);
  Tensor wave = ((2 * x + 1) * std::numbers::pi / (2 * n)).cos() * std::sqrt(2.) / n;
  return wave.view({1, n}).expand({n, n}).to(at::kFloat);
}

/// Repeats what is known of one tile over a frame.
Tensor tiled(const Tensor& one, int64_t height, int64_t width) {
  constexpr int64_t side = Watermark::tile;
  return one.repeat({(height + side - 1) / side, (width + side - 1) / side}).narrow(0, 0, height).narrow(1, 0, width);
}

/// Sums [C,h,w] over all tiles: [C,tile,tile].
Tensor folded(const Tensor& map) {
  constexpr int64_t side = Watermark::tile;
  const int64_t down = (side - map.size(1) % side) % side, right = (side - map.size(2) % side) % side;
  return at::constant_pad_nd(map, {0, right, 0, down}).unflatten(2, {-1, side}).unflatten(1, {-1, side}).sum(at::IntArrayRef{1, 3});
}

/// The mean over the square of 2 * reach + 1 pixels around each pixel of [1,H,W], as far as it lies in the frame.
Tensor local_mean(const Tensor& map, int64_t reach) {
  return at::avg_pool2d(map, 2 * reach + 1, 1, reach, /*ceil_mode=*/false, /*count_include_pad=*/false);
}

/// How strongly each wave stands at every place of the tile, over all frames: [waves,tile,tile]. What the content has of a wave is mostly
/// far more than a mark: slopes are taken out first; what is left is cut off at about the mark's own size, and places with much of it count
/// less.
Tensor responses(const Tensor& frames, const Tensor& waves) {
  constexpr double cut = 8, quiet = Watermark::amplitude * Watermark::amplitude;
  constexpr int64_t slopes = 4, surroundings = 5;  // pixels, to each side
  const Tensor luma = at::tensor({.2126f, .7152f, .0722f});
  Tensor sum = at::zeros({Watermark::waves, Watermark::tile, Watermark::tile}), weights = at::zeros({1, Watermark::tile, Watermark::tile});
  for (int64_t i = 0; i < frames.size(0); ++i) {
    Tensor y = frames[i].to(at::kFloat).matmul(luma).unsqueeze(0);  // [1,H,W]
    y = y - local_mean(y, slopes);
    Tensor r = at::conv2d(y.unsqueeze(0), waves.unsqueeze(1)).squeeze(0);             // [waves,h,w]
    Tensor weight = 1 / (quiet + local_mean(r.square().sum(0, true), surroundings));  // [1,h,w]
    sum += folded(r.clamp(-cut, cut) * weight);
    weights += folded(weight);
  }
  return sum / weights.clamp_min(1e-12);
}

}  // namespace

Watermark::Watermark(uint64_t key) : waves_(at::stack({lowest_wave(), lowest_wave().t()})) {
  base::Rng random(key);
  std::array<int, signs> order{};
  std::iota(order.begin(), order.end(), 0);
  for (size_t i = signs - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
  for (int i = 0; i < signs; ++i) {
    base_[i] = random.chance(.5) ? 1 : -1;
    bit_of_[order[i]] = static_cast<int8_t>(i < 64 ? i : -1);
  }
}

std::vector<float> Watermark::signs_of(uint64_t payload) const {
  std::vector<float> all(base_.begin(), base_.end());
  for (int i = 0; i < signs; ++i)
    if (bit_of_[i] >= 0 && (payload >> bit_of_[i] & 1) == 0) all[i] = -all[i];
  return all;
}

Tensor Watermark::pattern(uint64_t payload, int64_t height, int64_t width) const {
  Tensor of_blocks = at::tensor(signs_of(payload)).view({blocks * blocks, waves});
  Tensor one = of_blocks.matmul(waves_.flatten(1)) * amplitude;  // [blocks^2, 64]
  one = one.view({blocks, blocks, block, block}).transpose(1, 2).reshape({tile, tile});
  return tiled(one, height, width).contiguous();
}

Watermark::Detection Watermark::detect(const Tensor& frames, std::optional<uint64_t> expected) const {
  at::NoGradGuard no_grad;
  if (frames.size(0) == 0 || frames.size(1) < block || frames.size(2) < block) return {false, 0, 0};
  const Tensor found = responses(frames, waves_);
  std::vector<Tensor> shifted;  // the response of each block, by the place of the tile's corner
  for (int64_t i = 0; i < blocks; ++i)
    for (int64_t j = 0; j < blocks; ++j) shifted.push_back(found.roll({-block * i, -block * j}, {1, 2}));
  const Tensor all = at::stack(shifted).permute({2, 3, 0, 1}).reshape({tile * tile, signs});  // [places, signs]
  std::vector<float> wanted = signs_of(expected.value_or(0));
  Tensor counts = at::ones({signs});
  if (!expected)
    for (int i = 0; i < signs; ++i)
      if (bit_of_[i] >= 0) wanted[i] = 0, counts[i] = 0;
  const Tensor lengths = (all.square() * counts).sum(1).sqrt() * std::sqrt(counts.sum().item<float>());
  const Tensor scores = all.matmul(at::tensor(wanted)) / (lengths + 1e-6);
  const int64_t best = scores.argmax().item<int64_t>();
  std::array<float, 64> soft{};
  for (int i = 0; i < signs; ++i)
    if (bit_of_[i] >= 0) soft[bit_of_[i]] += base_[i] * all[best][i].item<float>();
  Detection detection{false, scores[best].item<float>(), 0};
  for (int i = 0; i < 64; ++i) detection.payload |= static_cast<uint64_t>(soft[i] > 0) << i;
  detection.found = detection.score >= (expected ? expected_threshold : known_threshold);
  return detection;
}

Tensor add_pattern(const Tensor& frames, const Tensor& pattern, const Tensor& generated) {
  Tensor added = pattern.unsqueeze(0);
  if (generated.defined()) added = added * generated;
  return (frames.to(at::kFloat) + added.unsqueeze(-1)).round_().clamp_(0, 255).to(at::kByte);
}

}  // namespace zoetrope::provenance
