#include "zoetrope/evaluation/composition.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/evaluation/small_world.h"
#include "zoetrope/base/error.h"
#include "zoetrope/tensor/weights.h"
#include "zoetrope/world/split.h"

namespace zoetrope::evaluation {
namespace {

constexpr int64_t clips = 4;
constexpr uint64_t seed = 9;

struct Composition : testing::Test {
  Composition() {
    defaults.width = defaults.height = 64;
    defaults.frames = 9;
    defaults.fps = {8, 1};
    weights["frame.mask_out.bias"].fill_(-10);  // sees no object anywhere: all of an image is background
  }
  Report evaluate(const Generator& generate, const world::World& asked) {
    tensor::TensorMap source(weights);
    return composition({tensor::Weights(source), names}, asked, defaults, clips, seed, generate, observer);
  }
  Tensor real(const generation::Request& request) const {
    return world.example(request.seed - seed, shape_of(request)).clip.frames.to(at::kFloat) / 255;
  }
  static const Score& find(const std::vector<Score>& scores, const std::string& name) {
    for (const Score& score : scores)
      if (score.name == name) return score;
    throw base::Error("there is no score {}", name);
  }

  vision::RecogniserConfig names = test::tiny_judge();
  std::map<std::string, Tensor> weights = vision::test::random_weights(names);
  generation::Request defaults;
  world::World world = held_out_world(test::small_world(), seed);
  base::Observer observer;
};

TEST_F(Composition, GivesRealClipsTheCeiling) {
  weights["frame.mask_out.bias"].fill_(.5);
  Report report = evaluate([&](const generation::Request& r) { return real(r); }, world);
  EXPECT_EQ(report.clips, 2 * clips);
  EXPECT_GE(report.scores.size(), 7u);
  for (const Score& score : report.scores) {
    EXPECT_DOUBLE_EQ(score.value, score.ceiling.value()) << score.name;
    EXPECT_EQ(score.chance.has_value(), score.name != "seams" && score.name != "inside") << score.name;
    EXPECT_LE(score.interval.low, score.value) << score.name;
    EXPECT_GE(score.interval.high, score.value) << score.name;
  }
  EXPECT_DOUBLE_EQ(find(report.scores, "motion").chance.value(), 1. / static_cast<double>(world.settings().motions.size()));
  for (const auto& [language, scores] : report.by_language)
    for (const Score& score : scores) EXPECT_DOUBLE_EQ(score.value, find(report.scores, score.name).value) << language;
}

TEST_F(Composition, GivesNoiseNeitherObjectNorFormButDrift) {
  weights["frame.object.bias"][-1].fill_(1000);
  at::Generator generator = base::generator(1);
  Report report = evaluate([&](const generation::Request& r) { return at::rand({r.frames, r.height, r.width, 3}, generator); }, world);
  for (const char* nothing : {"object", "identity", "shape_iou"}) EXPECT_EQ(find(report.scores, nothing).value, 0) << nothing;
  EXPECT_GT(find(report.scores, "background_drift").value, 2 * find(report.scores, "background_drift").ceiling.value());
}

TEST_F(Composition, AsksForTheSameHeldOutScenariosInBothLanguages) {
  std::vector<generation::Request> asked;
  evaluate(
      [&](const generation::Request& r) {
        asked.push_back(r);
        return real(r);
      },
      world);
  ASSERT_EQ(asked.size(), 2u * clips);
  for (int64_t i = 0; i < clips; ++i) {
    data::Example example = world.example(static_cast<uint64_t>(i), shape_of(defaults));
    EXPECT_EQ(asked[i].prompt, example.caption);
    EXPECT_EQ(asked[clips + i].prompt, example.caption_zh);
    EXPECT_EQ(asked[i].seed, seed + static_cast<uint64_t>(i));
    EXPECT_EQ(asked[clips + i].seed, asked[i].seed);
    EXPECT_EQ(asked[i].frames, defaults.frames);
    EXPECT_TRUE(world::held_out(world.scenario(static_cast<uint64_t>(i), shape_of(defaults))));
  }
}

TEST_F(Composition, ShowsTheClipsAndWhatIsRightInThem) {
  Report report = evaluate([&](const generation::Request& r) { return real(r); }, world);
  ASSERT_EQ(report.strips.size(), 2u * clips);
  EXPECT_THAT(report.strips[0].title, testing::EndsWith("(seed 9)"));
  EXPECT_THAT(report.strips[0].verdict, testing::ContainsRegex("object (right|wrong), .*scene (right|wrong), .*shape_iou [0-9.]+, "));
  EXPECT_EQ(report.strips[0].frames.sizes(), at::IntArrayRef({8, 64, 64, 3}));
}

TEST_F(Composition, RefusesAWorldWithNamesThatTheRecogniserDoesNotKnow) {
  auto refused = [&](const char* name, auto change) {
    world::Settings settings = test::small_world();
    change(settings);
    EXPECT_THAT([&] { evaluate([&](const generation::Request& r) { return real(r); }, held_out_world(settings, seed)); },
                testing::ThrowsMessage<base::Error>(testing::HasSubstr(name)));
  };
  refused("'owl'", [](world::Settings& s) { s.objects.push_back("owl"); });
  refused("'square'", [](world::Settings& s) { s.shapes.push_back("square"); });
  refused("'green'", [](world::Settings& s) { s.colours.push_back("green"); });
  refused("'snow'", [](world::Settings& s) { s.scenes.push_back("snow"); });
  refused("'hops'", [](world::Settings& s) { s.motions.push_back("hops"); });
}

TEST_F(Composition, AsksForOtherClipsWithAnotherSeed) {
  world::World other = held_out_world(test::small_world(), seed + 1);
  EXPECT_NE(world.example(0, shape_of(defaults)).caption + world.example(1, shape_of(defaults)).caption,
            other.example(0, shape_of(defaults)).caption + other.example(1, shape_of(defaults)).caption);
}

TEST_F(Composition, CanBeCancelled) {
  struct Stops : base::Observer {
    bool cancelled() const override { return true; }
  } stops;
  tensor::TensorMap source(weights);
  EXPECT_THROW(composition(
                   {tensor::Weights(source), names}, world, defaults, clips, seed, [&](const auto& r) { return real(r); }, stops),
               base::Cancelled);
}

}  // namespace
}  // namespace zoetrope::evaluation
