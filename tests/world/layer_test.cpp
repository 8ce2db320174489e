#include "zoetrope/world/layer.h"

#include <gtest/gtest.h>

namespace zoetrope::world {
namespace {

const View whole{0, 0, 1};

TEST(Layer, PaintsWhereThePoseIs) {
  auto square = sprite("square", "red");
  Bitmap layer(64, 64);
  paint_object(*square, {.25, .5, .25, 0}, whole, 64, layer);
  EXPECT_EQ(layer.pixels[32 * 64 + 16] >> 24, 255u);
  EXPECT_EQ(layer.pixels[32 * 64 + 40] >> 24, 0u);
  EXPECT_NEAR(seen_area({layer}, 0), .81 * 16 * 16, 2);
  paint_object(*square, {.75, .5, .25, 0}, whole, 64, layer);
  EXPECT_EQ(layer.pixels[32 * 64 + 16], 0u);
}

TEST(Layer, LaysPremultipliedColourOver) {
  Bitmap layer(3, 1), frame(3, 1);
  frame.pixels = {0xff204060, 0xff204060, 0xff204060};
  layer.pixels = {0, 0xff0000ff, 0x80800000};
  uint8_t cover[3] = {0, 0, 0};
  lay_over(layer, frame, cover);
  EXPECT_EQ(frame.pixels, (std::vector<uint32_t>{0xff204060, 0xff0000ff, 0xff902030}));
  EXPECT_EQ(cover[0], 0);
  EXPECT_EQ(cover[1], 255);
  EXPECT_EQ(cover[2], 128);
}

TEST(Layer, WhatLiesOverHides) {
  Bitmap below(2, 1), above(2, 1);
  below.pixels = {0xff000000, 0xff000000};
  above.pixels = {0xff000000, 0};
  EXPECT_EQ(seen_area({below, above}, 0), 1);
  EXPECT_EQ(seen_area({below, above}, 1), 1);
  EXPECT_EQ(seen_area({below}, 0), 2);
}

TEST(Layer, AWallHidesAndIsNoSubject) {
  Bitmap layer(3, 1), frame(3, 1);
  frame.pixels = {0xff204060, 0xff204060, 0xff204060};
  layer.pixels = {0, 0xff0000ff, 0x80800000};
  uint8_t cover[3] = {200, 200, 200};
  lay_over(layer, frame, cover, Covers::hides);
  EXPECT_EQ(cover[0], 200);
  EXPECT_EQ(cover[1], 0);
  EXPECT_NEAR(cover[2], 100, 1);
  EXPECT_EQ(frame.pixels[1], 0xff0000ff);
}

}  // namespace
}  // namespace zoetrope::world
