#include "zoetrope/autoencoder/wan/cost.h"

#include <algorithm>

namespace zoetrope::autoencoder::wan {
namespace {

/// Adds up what layers multiply and remember, for `frames` frames of `cells` cells.
struct Tally {
  int64_t number, cells, frames = 1;
  base::Cost cost = {};

  void multiply(const Tensor& weight) { cost.flops += 2 * static_cast<double>(weight.numel()) * static_cast<double>(cells * frames); }
  void add(const nn::CausalConv3d& conv) {
    multiply(conv.weight);
    cost.bytes += static_cast<double>(conv.frames_before() * conv.weight.size(1) * cells * number);
  }
  void add(const ResidualBlock& block) {
    add(block.conv1), add(block.conv2);
    if (block.shortcut) add(*block.shortcut);
  }
};

}  // namespace

base::Cost features_cost(const Decoder& decoder, int64_t h, int64_t w, int64_t number) {
  Tally tally{number, h * w};
  tally.add(decoder.in), tally.add(decoder.middle.first), tally.add(decoder.middle.second);
  int64_t width = decoder.middle.first.conv1.weight.size(0);
  tally.cost.flops += 4 * static_cast<double>(h * w) * static_cast<double>(h * w * width);  // attention
  return tally.cost;
}

base::Cost frames_cost(const Decoder& decoder, const Band& band, int64_t across, int64_t number) {
  constexpr int64_t tensors_at_once = 11;  // of a frame where it is largest, as measured at 480x832
  Tally tally{number, 0};
  int64_t largest = 0;
  for (size_t i = 0; i < decoder.levels.size(); ++i) {
    const auto& [blocks, up, shortcut, width] = decoder.levels[i];
    tally.cells = across * band.cells[i].length();
    for (const ResidualBlock& block : blocks) tally.add(block);
    if (up && up->time) tally.add(*up->time), tally.frames *= 2;
    largest = std::max(largest, width * tally.cells);
    if (!up) continue;
    across *= 2, tally.cells *= 4;
    tally.multiply(up->conv.weight);
    largest = std::max(largest, up->conv.weight.size(0) * tally.cells);
  }
  tally.add(decoder.out);
  tally.cost.bytes += static_cast<double>(tensors_at_once * largest * number);
  return tally.cost;
}

}  // namespace zoetrope::autoencoder::wan
