#pragma once
#include <atomic>

#include "zoetrope/base/random.h"
#include "zoetrope/data/dataset.h"

namespace zoetrope::data::test {

/// A dataset that costs nothing: a bright square on a dark gradient, which moves to the right; the captions tell its number and colour.
class Dots : public Dataset {
 public:
  explicit Dots(uint64_t seed = 0, bool chinese = true) : seed_(seed), chinese_(chinese) {}

  Example example(uint64_t index, const ClipShape& shape) const override {
    ++drawn;
    uint64_t draw = base::derive_seed({seed_, index});
    int64_t size = std::max<int64_t>(2, shape.height / 3), top = static_cast<int64_t>(draw % static_cast<uint64_t>(shape.height - size));
    int64_t left = static_cast<int64_t>(draw / 64 % static_cast<uint64_t>(shape.width - size)),
            colour = static_cast<int64_t>(draw / 4096 % 3);
    Example example;
    Tensor ground = at::arange(shape.width).mul(60).div(shape.width, "floor").to(at::kByte).view({1, 1, -1, 1});
    example.clip = {ground.expand({shape.frames, shape.height, shape.width, 3}).contiguous(), shape.fps};
    example.subject_mask = at::zeros({shape.frames, shape.height, shape.width}, at::kByte);
    for (int64_t t = 0; t < shape.frames; ++t) {
      int64_t x = (left + t) % (shape.width - size);
      example.clip.frames[t].narrow(0, top, size).narrow(1, x, size).select(2, colour).fill_(220);
      example.subject_mask[t].narrow(0, top, size).narrow(1, x, size).fill_(255);
    }
    const char* names[] = {"a red ball", "a green frog", "a blue cube"};
    const char* names_zh[] = {"红色的球", "绿色的青蛙", "蓝色的方块"};
    example.caption = fmt::format("{} {}", names[colour], index);
    if (actions > 0 && index % 2 == 0) example.actions = (at::arange(shape.frames) + static_cast<int64_t>(index)).remainder(actions);
    if (chinese_) example.caption_zh = fmt::format("{} {}", names_zh[colour], index);
    return example;
  }

  int64_t actions = 0;  // number of actions, one of them in each frame of every other example
  mutable std::atomic<int64_t> drawn = 0;

 private:
  uint64_t seed_;
  bool chinese_;
};

}  // namespace zoetrope::data::test
