#include "zoetrope/evaluation/recogniser/shape_iou.h"

#include <numbers>

#include <gtest/gtest.h>

#include "tests/evaluation/small_world.h"

namespace zoetrope::evaluation {
namespace {

using test::object;
using test::silhouette;

TEST(OutlineOverlap, IsOneForTheTrueSilhouette) {
  for (const char* name : {"cat", "car", "banana", "rocket", "butterfly"})
    EXPECT_GT(shape_iou(silhouette(object(name), {.5, .5, .4, 0}), object(name)), .97) << name;
  EXPECT_GT(shape_iou(silhouette(object("star", "falls", "red"), {.5, .5, .4, 0}), object("star", "falls", "red")), .97);
}

TEST(OutlineOverlap, IsLowerForEveryOtherObject) {
  std::vector<std::string> names{"cat", "car", "banana", "rocket", "butterfly", "umbrella"};
  for (const std::string& shown : names)
    for (const std::string& asked : names)
      if (shown != asked) {
        EXPECT_LT(shape_iou(silhouette(object(shown), {.5, .5, .4, 0}), object(asked)), .85) << shown << " for " << asked;
      }
}

TEST(OutlineOverlap, MindsNeitherPlaceNorSizeNorMirroring) {
  for (world::Pose pose : {world::Pose{.3, .6, .4, 0}, {.7, .25, .25, 0}, {.52, .47, .6, 0}}) {
    const world::Object car = object("car");
    EXPECT_GT(shape_iou(silhouette(car, pose), car), .95);
    pose.mirrored = true;
    EXPECT_GT(shape_iou(silhouette(car, pose), car), .95);
  }
  EXPECT_GT(shape_iou(silhouette(object("car"), {.9, .5, .3, 0}, 48, 84), object("car")), .95);  // in a wide image
}

TEST(OutlineOverlap, MindsTheTurnUnlessTheMotionTurns) {
  Tensor upside_down = silhouette(object("car"), {.5, .5, .4, std::numbers::pi});
  EXPECT_GT(shape_iou(upside_down, object("car", "rolls")), .95);
  EXPECT_GT(shape_iou(upside_down, object("car", "spins")), .95);
  EXPECT_LT(shape_iou(upside_down, object("car", "flies")), .9);
  EXPECT_GT(shape_iou(silhouette(object("car"), {.5, .5, .4, .12}), object("car", "floats")), .93);  // what floats sways
}

TEST(OutlineOverlap, FallsWithWhatIsMissing) {
  Tensor cat = silhouette(object("cat"), {.5, .5, .5, 0}), half = cat.clone();
  half.narrow(1, 0, 24).zero_();
  EXPECT_LT(shape_iou(half, object("cat")), .75);
  EXPECT_EQ(shape_iou(at::zeros({48, 48}), object("cat")), 0);
}

TEST(OutlineOverlap, FallsWithWhatReachesBeyondThePicture) {
  Tensor everything = at::ones({48, 48}), square = at::zeros({48, 48});
  square.narrow(0, 12, 24).narrow(1, 12, 24).fill_(1);
  for (const char* name : {"cat", "banana", "umbrella"})  // however large, a square is no better than a small one
    EXPECT_NEAR(shape_iou(everything, object(name)), shape_iou(square, object(name)), .05) << name;
}

}  // namespace
}  // namespace zoetrope::evaluation
