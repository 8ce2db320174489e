#include "zoetrope/world/stage.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace zoetrope::world {
namespace {

Scenario street(Camera::Move move, double amount) {
  Scenario s;
  s.scene = "street";
  s.scene_seed = 4;
  s.camera = {move, amount};
  return s;
}

double difference(const Bitmap& a, const Bitmap& b, int shift = 0) {
  double sum = 0;
  int count = 0;
  for (int y = 0; y < a.height; ++y)
    for (int x = 0; x + shift < a.width; ++x, ++count)
      sum +=
          std::abs(static_cast<int>(a.pixels[y * a.width + x + shift] >> 8 & 255) - static_cast<int>(b.pixels[y * b.width + x] >> 8 & 255));
  return sum / count;
}

TEST(View, PansAndZoomsWithTheScenariosTime) {
  Scenario pan = street(Camera::Move::right, .2);
  EXPECT_NEAR(view_at(pan, 0).x, -.1, 1e-12);
  EXPECT_NEAR(view_at(pan, 2).x, .1, 1e-12);
  EXPECT_NEAR(view_at(pan, 9).x, .1, 1e-12);
  Scenario zoom = street(Camera::Move::in, .25);
  View near = view_at(zoom, 2);
  EXPECT_NEAR(near.zoom, 1.25, 1e-12);
  EXPECT_NEAR(near.across(.5), .5, 1e-12);  // the middle stays
  EXPECT_NEAR(near.across(near.x), 0, 1e-12);
}

TEST(Stage, AStillCameraSeesTheSameForEver) {
  Scenario s = street(Camera::Move::still, 0);
  Stage stage(s, 64, 64);
  Bitmap first(64, 64), last(64, 64);
  stage.show(view_at(s, 0), first);
  stage.show(view_at(s, 2), last);
  EXPECT_EQ(first.pixels, last.pixels);
}

TEST(Stage, PanningRightMovesTheSceneLeft) {
  Scenario s = street(Camera::Move::right, .125);  // eight pixels in all
  Stage stage(s, 64, 64);
  Bitmap first(64, 64), last(64, 64);
  stage.show(view_at(s, 0), first);
  stage.show(view_at(s, 2), last);
  EXPECT_GT(difference(first, last), 5);
  EXPECT_LT(difference(first, last, 8), .5);
}

TEST(Stage, EveryWindowIsFilled) {
  for (auto move : {Camera::Move::left, Camera::Move::right, Camera::Move::in, Camera::Move::out}) {
    Scenario s = street(move, .22);
    Stage stage(s, 50, 50);
    for (double time : {0., 1., 2.}) {
      Bitmap frame(50, 50);
      stage.show(view_at(s, time), frame);
      for (uint32_t p : frame.pixels) ASSERT_EQ(p >> 24, 255u);
    }
  }
}

}  // namespace
}  // namespace zoetrope::world
