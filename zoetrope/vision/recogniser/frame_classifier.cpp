#include "zoetrope/vision/recogniser/frame_classifier.h"

namespace zoetrope::vision {
namespace {

constexpr int64_t groups = 8, patch = 4, mask_width = 32, counts = 3, rotations = 6;

std::vector<ConvUnit> blocks(tensor::Weights w, int64_t width, int64_t count) {
  std::vector<ConvUnit> units;
  for (int64_t i = 0; i < count; ++i) units.emplace_back(w / i, width, width);
  return units;
}

}  // namespace

ConvUnit::ConvUnit(tensor::Weights w, int64_t in, int64_t out, int64_t stride)
    : conv(w / "conv", in, out, 3, stride), gain((w / "norm").get("weight", {out})), shift((w / "norm").get("bias", {out})) {}

Tensor ConvUnit::operator()(const Tensor& x) const {
  return at::silu(at::group_norm(conv(x), groups, gain.to(x.scalar_type()), shift.to(x.scalar_type())));
}

FrameClassifier::FrameClassifier(tensor::Weights w, const FrameSizes& s, const FrameClasses& classes)
    : stem(w / "see", 3 * patch * patch, s.fine),
      fine_blocks(blocks(w / "fine_blocks", s.fine, s.fine_blocks)),
      down(w / "down", s.fine, s.coarse, 2),
      coarse_blocks(blocks(w / "coarse_blocks", s.coarse, s.coarse_blocks)),
      attention(w / "attention", s.coarse, s.attention_pools, 1),
      mask_fine(w / "mask_fine", s.fine, mask_width, 1),
      mask_coarse(w / "mask_coarse", s.coarse, mask_width, 1),
      mask_out(w / "mask_out", mask_width, 4, 3),
      summary(w / "summary", (s.attention_pools + 1) * s.coarse, s.features),
      object(w / "object", s.features, classes.objects),
      colour(w / "colour", s.features, classes.colours),
      rotation(w / "turn", s.features, rotations),
      count(w / "count", s.features, counts),
      scene(w / "scene", s.coarse, classes.scenes) {}

FrameLogits FrameClassifier::operator()(const Tensor& frames) const {
  Tensor fine = stem(at::pixel_unshuffle(frames - .5, patch));  // [n,fine,H/4,W/4]
  for (const ConvUnit& block : fine_blocks) fine = fine + block(fine);
  Tensor coarse = down(fine);  // [n,coarse,H/8,W/8]
  for (const ConvUnit& block : coarse_blocks) coarse = coarse + block(coarse);

  Tensor cells = coarse.flatten(2), all = cells.mean(-1);                                   // [n,coarse,cells], [n,coarse]
  Tensor pools = at::softmax(attention(coarse).flatten(2), -1).bmm(cells.transpose(1, 2));  // [n,glances,coarse]
  Tensor features = at::silu(summary(at::cat({pools.flatten(1), all}, 1)));                 // [n,features]
  return {object(features), colour(features), scene(all), count(features), mask(fine, coarse), rotation(features), features};
}

Tensor FrameClassifier::mask(const Tensor& fine, const Tensor& coarse) const {
  Tensor wide = at::upsample_nearest2d(mask_coarse(coarse), {fine.size(2), fine.size(3)});
  return at::pixel_shuffle(mask_out(at::silu(mask_fine(fine) + wide)), 2).squeeze(1);
}

}  // namespace zoetrope::vision
