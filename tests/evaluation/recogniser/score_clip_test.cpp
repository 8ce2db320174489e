#include "zoetrope/evaluation/recogniser/score_clip.h"

#include <gtest/gtest.h>

#include "tests/evaluation/small_world.h"
#include "zoetrope/tensor/weights.h"

namespace zoetrope::evaluation {
namespace {

using test::object;
using test::silhouette;

Tensor sure_of(int64_t index, int64_t classes) { return at::one_hot(at::scalar_tensor(index, at::kLong), classes).to(at::kFloat); }

struct ScoreClip : testing::Test {
  const vision::RecogniserConfig names = test::tiny_judge();  // cat, car, banana, circle, star
  const int64_t none = std::ssize(names.objects);

  world::Scenario asked(std::vector<world::Object> objects) {
    world::Scenario scenario;
    scenario.scene = "desert";
    scenario.objects = std::move(objects);
    return scenario;
  }
  /// A clip of a car that flies to the left through the desert.
  Prediction a_flying_car() {
    Prediction f;
    f.object = sure_of(1, none + 1);
    f.colour = sure_of(0, 2);
    f.scene = sure_of(1, 3);
    f.count = sure_of(1, 3);
    f.seen = at::full({6}, 1, at::kLong);
    f.mask = silhouette(object("car"), {.5, .5, .4, 0}).expand({6, 48, 48});
    f.images = at::full({6, 3, 48, 48}, .5);
    f.motion = vision::MotionPrediction{sure_of(1, 5), sure_of(static_cast<int64_t>(world::Direction::left), 3)};
    return f;
  }
  world::Object car = [] {
    world::Object o = object("car", "flies");
    o.direction = world::Direction::left;
    return o;
  }();
};

TEST_F(ScoreClip, GivesAMatchingClipOnes) {
  ClipScores scores = score_clip(a_flying_car(), asked({car}), names);
  for (const char* right : {"object", "scene", "count", "motion", "direction", "identity"}) EXPECT_EQ(scores.at(right), 1) << right;
  EXPECT_GT(scores.at("shape_iou"), .97);
  EXPECT_EQ(scores.at("background_drift"), 0);
  EXPECT_FALSE(scores.contains("colour"));  // an emoji has its own
}

TEST_F(ScoreClip, FindsWhatIsWrongAndNothingElse) {
  auto only_wrong = [&](const std::string& score, auto change) {
    world::Scenario scenario = asked({car});
    change(scenario);
    ClipScores scores = score_clip(a_flying_car(), scenario, names);
    for (const char* name : {"object", "scene", "count", "motion", "direction", "identity"})
      EXPECT_EQ(scores.at(name), name == score ? 0 : 1) << name << ", not " << score;
  };
  only_wrong("object", [](world::Scenario& s) { s.objects[0].name = "banana"; });
  only_wrong("scene", [](world::Scenario& s) { s.scene = "meadow"; });
  only_wrong("motion", [](world::Scenario& s) { s.objects[0].motion = "rolls"; });
  only_wrong("direction", [](world::Scenario& s) { s.objects[0].direction = world::Direction::right; });
}

TEST_F(ScoreClip, ComparesTheOutlineWithTheObjectAskedFor) {
  EXPECT_LT(score_clip(a_flying_car(), asked({object("banana", "flies")}), names).at("shape_iou"), .8);
}

TEST_F(ScoreClip, AsksForAColourOnlyOfPlainShapes) {
  Prediction f = a_flying_car();
  f.object = sure_of(3, none + 1);
  EXPECT_EQ(score_clip(f, asked({object("circle", "flies", "red")}), names).at("colour"), 1);
  EXPECT_EQ(score_clip(f, asked({object("circle", "flies", "blue")}), names).at("colour"), 0);
}

TEST_F(ScoreClip, AsksForADirectionOnlyOfMotionsThatHaveOne) {
  EXPECT_FALSE(score_clip(a_flying_car(), asked({object("car", "flies")}), names).contains("direction"));
}

TEST_F(ScoreClip, WantsBothOfTwoObjects) {
  Prediction f = a_flying_car();
  f.count = sure_of(2, 3);
  f.object = .6 * sure_of(1, none + 1) + .4 * sure_of(3, none + 1);
  ClipScores both = score_clip(f, asked({car, object("circle", "flies", "red")}), names);
  EXPECT_EQ(both.at("object"), 1);
  EXPECT_EQ(both.at("count"), 1);
  for (const char* single : {"motion", "direction", "shape_iou", "colour"}) EXPECT_FALSE(both.contains(single)) << single;
  EXPECT_EQ(score_clip(f, asked({car, object("banana", "flies")}), names).at("object"), 0);
}

TEST_F(ScoreClip, OmitsMotionOfASingleImage) {
  Prediction f = a_flying_car();
  f.motion.reset();
  ClipScores scores = score_clip(f, asked({car}), names);
  EXPECT_EQ(scores.at("object"), 1);
  for (const char* of_clips : {"motion", "direction", "identity", "background_drift"}) EXPECT_FALSE(scores.contains(of_clips)) << of_clips;
}

TEST_F(ScoreClip, KnowsAnObjectThatTurnsIntoAnother) {
  Prediction f = a_flying_car();
  f.seen = f.seen.clone();
  f.seen[4] = 2;
  EXPECT_EQ(score_clip(f, asked({car}), names).at("identity"), 0);
  EXPECT_EQ(identity(at::full({4}, none, at::kLong), none), 0);  // nothing in all frames is no identity
}

TEST(BackgroundDrift, IsTheChangeWhereNoObjectIs) {
  Tensor images = at::full({4, 3, 48, 48}, .5), mask = at::zeros({4, 48, 48});
  images.slice(0, 1).add_(.2);
  EXPECT_NEAR(background_drift(images, mask), .2, 1e-4);
  mask.narrow(1, 10, 20).narrow(2, 10, 20).fill_(1);
  images.narrow(2, 10, 20).narrow(3, 10, 20).fill_(0);  // what the object does is no drift
  EXPECT_NEAR(background_drift(images, mask), .2, 1e-4);
  EXPECT_EQ(background_drift(images, at::ones({4, 48, 48})), 0);
}

TEST(Recognise, ClassifiesEvenlySpacedFramesInTheSizeOfTheMasks) {
  const vision::RecogniserConfig config = test::tiny_judge();
  tensor::TensorMap weights(vision::test::random_weights(config));
  vision::Recogniser recogniser(tensor::Weights(weights), config);
  Tensor frames = at::linspace(0, 1, 33).view({33, 1, 1, 1}).expand({33, 96, 128, 3});
  Prediction clip = recognise(recogniser, frames);
  EXPECT_EQ(clip.seen.sizes(), at::IntArrayRef({vision::num_frames}));
  EXPECT_EQ(clip.mask.sizes(), at::IntArrayRef({vision::num_frames, 48, 64}));
  ASSERT_EQ(clip.images.sizes(), at::IntArrayRef({vision::num_frames, 3, 48, 64}));
  EXPECT_TRUE(at::allclose(clip.images.mean({1, 2, 3}), at::linspace(0, 1, vision::num_frames), 1e-4, 1e-4));
  EXPECT_TRUE(clip.motion);
  EXPECT_NEAR(clip.object.sum().item<float>(), 1, 1e-4);
  EXPECT_FALSE(recognise(recogniser, frames.narrow(0, 0, 1)).motion);
}

}  // namespace
}  // namespace zoetrope::evaluation
