#include "zoetrope/evaluation/recogniser/corrupt.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/evaluation/small_world.h"
#include "zoetrope/evaluation/recogniser/shape_iou.h"
#include "zoetrope/world/render.h"
#include "zoetrope/world/world.h"

namespace zoetrope::evaluation {
namespace {

constexpr data::ClipShape still{1, 96, 96, {16, 1}};

/// Example number `index` of the small world, taken apart.
struct Painted {
  explicit Painted(uint64_t index, const data::ClipShape& shape = still) {
    world::Settings settings = test::small_world();
    settings.split = world::Split::all;
    scenario = world::World(settings).scenario(index, shape);
    rendered = world::render(scenario, shape);
    parts = take_apart(scenario, rendered.frames, rendered.subject_mask, shape);
  }
  const world::Object& object() const { return scenario.objects[0]; }
  bool whole() const { return rendered.truth["objects"][0]["frames"][0]["visibility"].get<double>() > .97; }
  /// What of the object's outline is left in a layer [4,H,W], at best: however its motion turned it.
  double form(const Tensor& layer) const {
    world::Object turning = object();
    turning.motion = "spins";
    return shape_iou(at::avg_pool2d(layer[3].unsqueeze(0), {2, 2})[0], turning);
  }
  world::Scenario scenario;
  world::Rendered rendered;
  Parts parts;
};

/// The colour of what a layer covers, [3].
Tensor colour_of(const Tensor& layer) { return layer.narrow(0, 0, 3).sum({1, 2}) / layer[3].sum(); }

TEST(TakeApart, AndPutTogetherGivesThePicture) {
  for (uint64_t i = 0; i < 4; ++i) {
    Painted p(i, {3, 96, 96, {4, 1}});
    Tensor again = put_together(p.parts).permute({0, 2, 3, 1}) * 255;
    EXPECT_LT((again - p.rendered.frames.to(at::kFloat)).abs().max().item<float>(), 2.5) << i;
    EXPECT_TRUE(at::allclose(p.parts.layers.select(1, 3) * 255, p.rendered.subject_mask.to(at::kFloat)));
  }
}

TEST(Corruption, DestroysTheFormAndKeepsTheColours) {
  int64_t corrupted = 0;
  for (uint64_t i = 0; i < 12; ++i) {
    Painted p(i);
    const Tensor layer = p.parts.layers[0];
    if (!p.whole()) continue;
    for (Corruption how : possible_corruptions(p.object())) {
      base::Rng rng(i);
      Tensor result = corrupt(layer, how, rng);
      ASSERT_EQ(result.sizes(), layer.sizes());
      EXPECT_LT(p.form(result), p.form(layer) - .1) << p.object().name << ", corrupt " << static_cast<int>(how);
      EXPECT_LT((colour_of(result) - colour_of(layer)).abs().max().item<float>(), .12)
          << p.object().name << ", corrupt " << static_cast<int>(how);
      EXPECT_GE(result.min().item<float>(), 0);
      EXPECT_LE(result.max().item<float>(), 1);
      ++corrupted;
    }
  }
  EXPECT_GT(corrupted, 20);
}

TEST(Corruption, RepeatsItselfForTheSameDice) {
  Painted p(3);
  for (Corruption how : possible_corruptions(p.object())) {
    base::Rng one(5), same(5), other(6);
    Tensor result = corrupt(p.parts.layers[0], how, one);
    EXPECT_TRUE(result.equal(corrupt(p.parts.layers[0], how, same)));
    EXPECT_FALSE(result.equal(corrupt(p.parts.layers[0], how, other)));
  }
}

TEST(Corruption, ScrambledTilesAreAllThereButNotInTheirPlaces) {
  Tensor layer = at::zeros({4, 96, 96});
  layer.narrow(1, 24, 48).narrow(2, 24, 48).copy_(at::linspace(.2, 1, 48 * 48).view({48, 48}));
  for (uint64_t seed = 0; seed < 6; ++seed) {
    base::Rng rng(seed);
    Tensor result = corrupt(layer, Corruption::scrambled, rng);
    EXPECT_TRUE(std::get<0>(result[3].flatten().sort()).equal(std::get<0>(layer[3].flatten().sort())));
    EXPECT_LT((result == layer).narrow(1, 24, 48).narrow(2, 24, 48).to(at::kFloat).mean().item<float>(), .02);
  }
}

TEST(FittingSpoils, LeaveOutWhatWouldGiveTheFormBack) {
  using enum Corruption;
  auto fits = [](const char* name, Corruption how) {
    auto all = possible_corruptions(test::object(name));
    return std::find(all.begin(), all.end(), how) != all.end();
  };
  EXPECT_FALSE(fits("circle", melted));
  EXPECT_FALSE(fits("square", scrambled));
  for (Corruption how : {scrambled, sliced, melted, texture}) EXPECT_TRUE(fits("cat", how));
}

TEST(Wobbling, ChangesTheFormFromFrameToFrameAndStaysWhereItBegan) {
  Painted p(1, {9, 96, 96, {4, 1}});
  base::Rng rng(2), same(2);
  Tensor layers = morphing_blob(p.parts.layers, rng);
  ASSERT_EQ(layers.sizes(), p.parts.layers.sizes());
  EXPECT_TRUE(layers.equal(morphing_blob(p.parts.layers, same)));
  Tensor first = layers[0][3], last = layers[8][3];
  EXPECT_GT((first - last).abs().sum().item<float>(), .1 * first.sum().item<float>());
  for (int64_t t = 0; t < 9; ++t) {
    EXPECT_LT(p.form(layers[t]), .85) << t;
    EXPECT_LT((colour_of(layers[t]) - colour_of(p.parts.layers[0])).abs().max().item<float>(), .12) << t;
  }
}

}  // namespace
}  // namespace zoetrope::evaluation
