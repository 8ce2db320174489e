#include "zoetrope/world/render.h"

#include <cmath>

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"
#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {
namespace {

const data::ClipShape short_clip{17, 96, 96, {16, 1}};

Settings part(std::vector<std::string> motions, bool camera = true) {
  Settings s;
  s.motions = std::move(motions);
  s.split = Split::all;
  s.camera = camera;
  return s;
}

/// Centroid of the cover in parts of the image, and its area in pixels.
struct Cover {
  double x, y, area;
};

Cover cover(const Tensor& subject_mask) {
  Tensor f = subject_mask.to(at::kDouble) / 255;
  const double area = f.sum().item<double>();
  auto centre = [&](int64_t dim) {
    Tensor along = f.sum(1 - dim);
    return ((at::arange(f.size(dim), at::kDouble) + .5) * along).sum().item<double>() / area / static_cast<double>(f.size(dim));
  };
  return {centre(1), centre(0), area};
}

TEST(Render, TruthIsWhereTheImageIs) {
  Settings settings = part(Settings().motions);
  int compared = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Rendered r = render(draw(settings, seed, short_clip), short_clip);
    for (int64_t t = 0; t < 17; t += 4) {
      const base::Json& facts = r.truth["objects"][0]["frames"][t];
      if (facts["visibility"] < .995) continue;  // the rest of it is outside the image
      Cover c = cover(r.subject_mask[t]);
      EXPECT_NEAR(c.x, facts["x"].get<double>(), .006) << r.truth["objects"][0]["name"];
      EXPECT_NEAR(c.y, facts["y"].get<double>(), .006) << r.truth["objects"][0]["name"];
      ++compared;
    }
  }
  EXPECT_GT(compared, 200);
}

TEST(Render, TruthTellsTheSize) {
  Settings settings = part({"grows", "shrinks", "stands"});
  settings.objects = {};
  settings.shapes = {"square"};
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Rendered r = render(draw(settings, seed, short_clip), short_clip);
    for (int64_t t = 0; t < 17; t += 8) {
      const base::Json& facts = r.truth["objects"][0]["frames"][t];
      if (facts["visibility"] < .999) continue;
      const double side = facts["size"].get<double>() * 96 * .9;  // of the square in its box
      EXPECT_NEAR(std::sqrt(cover(r.subject_mask[t]).area), side, .4);
    }
  }
}

TEST(Render, TruthTellsTheVelocity) {
  Settings settings = part({"flies", "slides", "rolls", "floats", "spins"});
  const data::ClipShape fine{65, 96, 96, {64, 1}};
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const base::Json truth = render(draw(settings, seed, fine), fine).truth["objects"][0]["frames"];
    for (int t = 8; t < 64; t += 8) {
      EXPECT_NEAR(truth[t]["vx"].get<double>(), (truth[t + 1]["x"].get<double>() - truth[t]["x"].get<double>()) * 64, .02);
      EXPECT_NEAR(truth[t]["vy"].get<double>(), (truth[t + 1]["y"].get<double>() - truth[t]["y"].get<double>()) * 64, .02);
    }
  }
}

TEST(Render, VisibilityFallsAtTheEdgeAndBehindAnother) {
  Object front, back;
  front.name = back.name = "square", front.colour = "red", back.colour = "blue", front.motion = back.motion = "stands";
  front.size = back.size = .4, front.y = back.y = .5;
  Scenario s;
  s.scene = "room";
  s.objects = {back, front};
  auto visibility = [&](double back_x, double front_x) {
    s.objects[0].x = back_x, s.objects[1].x = front_x;
    base::Json objects = render(s, {1, 64, 64, {16, 1}}).truth["objects"];
    return std::pair(objects[0]["frames"][0]["visibility"].get<double>(), objects[1]["frames"][0]["visibility"].get<double>());
  };
  EXPECT_NEAR(visibility(.25, .75).first, 1, .005);
  EXPECT_NEAR(visibility(0, .75).first, .5, .02);
  EXPECT_NEAR(visibility(.5, .68).first, .5, .02);
  EXPECT_NEAR(visibility(.5, .68).second, 1, .005);
  EXPECT_NEAR(visibility(.5, .5).first, 0, .06);  // soft edges let a little through
  EXPECT_NEAR(visibility(2, .5).first, 0, .005);
}

TEST(Render, TheSameMomentLooksTheSameAtOtherRatesAndLengths) {
  const data::ClipShape slow{9, 64, 64, {8, 1}}, fast{17, 64, 64, {16, 1}}, longer{41, 64, 64, {16, 1}};
  Settings settings;
  for (uint64_t seed = 0; seed < 30; ++seed) {
    Scenario s = draw(settings, seed, fast);
    Rendered a = render(s, slow), b = render(s, fast), c = render(s, longer);
    for (int64_t t = 0; t < 9; ++t) {
      EXPECT_TRUE(a.frames[t].equal(b.frames[2 * t])) << seed;
      EXPECT_TRUE(b.frames[t].equal(c.frames[t])) << seed;
    }
  }
}

TEST(Render, TheSameScenarioAgreesAtOtherSizes) {
  Settings settings;
  const data::ClipShape small{5, 64, 64, {4, 1}}, large{5, 128, 128, {4, 1}};
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Scenario s = draw(settings, seed, small);
    Tensor a = render(s, small).frames.to(at::kFloat), b = render(s, large).frames.to(at::kFloat);
    Tensor halved = at::avg_pool2d(b.permute({0, 3, 1, 2}), 2).permute({0, 2, 3, 1});
    const double mse = (a - halved).square().mean().item<double>();
    EXPECT_LT(mse, 65025 * std::pow(10, -2.6)) << seed;  // 26 dB: the same image, filtered otherwise
  }
}

TEST(Render, AStillShowsItsMoment) {
  Settings settings;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Scenario s = draw(settings, seed, {1, 64, 64, {16, 1}});
    EXPECT_TRUE(s.still);
    EXPECT_GT(s.moment, .3);
    EXPECT_LT(s.moment, 1.7);
    Rendered r = render(s, {1, 64, 64, {16, 1}});
    EXPECT_EQ(r.frames.sizes(), (std::vector<int64_t>{1, 64, 64, 3}));
    EXPECT_GT(r.truth["objects"][0]["frames"][0]["visibility"], .5);
  }
}

TEST(Render, DrawsEveryShapeOfPicture) {
  Settings settings;
  settings.max_objects = 2;
  for (auto [height, width] : {std::pair(16, 16), {54, 96}, {96, 54}, {18, 32}, {128, 72}, {130, 98}, {64, 112}}) {
    const data::ClipShape shape{5, height, width, {30000, 1001}};
    Rendered r = render(draw(settings, 3, shape), shape);
    EXPECT_EQ(r.frames.sizes(), (std::vector<int64_t>{5, height, width, 3}));
    EXPECT_EQ(r.subject_mask.sizes(), (std::vector<int64_t>{5, height, width}));
    EXPECT_GT(r.subject_mask.max().item<int>(), 200);
  }
}

TEST(Render, EdgesOfObjectsAreSoft) {
  Rendered r = render(draw(part({"flies"}), 5, short_clip), short_clip);
  Tensor between = (r.subject_mask > 25).logical_and(r.subject_mask < 230);
  EXPECT_GT(between.sum().item<int64_t>(), 17 * 20);
}

TEST(Render, RefusesWhatCannotBePainted) {
  Scenario s = draw(Settings(), 0, short_clip);
  EXPECT_THROW(render(s, {17, 54, 96, {16, 1}}), base::Error);
  EXPECT_THROW(render(s, {0, 96, 96, {16, 1}}), base::UsageError);
  EXPECT_THROW(render(s, {1, 8, 8, {16, 1}}), base::UsageError);
  EXPECT_THROW(render(s, {5, 96, 96, {0, 1}}), base::UsageError);
}

TEST(Render, WhatPassesBehindAWallIsHiddenAndComesOutAgain) {
  Object o;
  o.name = "duck", o.motion = "paces", o.size = .22, o.x = .15, o.y = .75, o.speed = .35, o.low = .15, o.high = .85;
  Scenario s;
  s.scene = "meadow";
  s.objects = {o};
  s.occluder = {.5, .36, 1};
  const Rendered rendered = render(s, {33, 96, 96, {16, 1}});
  const base::Json& frames = rendered.truth["objects"][0]["frames"];
  EXPECT_GT(frames[0]["visibility"].get<double>(), .9);
  EXPECT_LT(frames[16]["visibility"].get<double>(), .05);
  EXPECT_GT(frames[32]["visibility"].get<double>(), .9);
  EXPECT_EQ(rendered.subject_mask[16].max().item<int64_t>(), 0);
  EXPECT_NEAR(rendered.truth["occluder"]["x"].get<double>(), .5, 1e-9);
  s.occluder.reset();
  EXPECT_TRUE(render(s, {1, 96, 96, {16, 1}}).truth["occluder"].is_null());
}

TEST(Render, AMiddleOfAClipIsTheClipsOwn) {
  Scenario s;
  Object o;
  o.name = "cat", o.motion = "hovers", o.size = .3, o.x = .5, o.y = .4, o.speed = .5;
  s.scene = "meadow";
  s.objects = {o};
  const Rendered whole = render(s, {33, 96, 96, {16, 1}});
  s.begin = 1;
  const Rendered second = render(s, {17, 96, 96, {16, 1}});
  EXPECT_TRUE(second.frames.equal(whole.frames.narrow(0, 16, 17)));
}

}  // namespace
}  // namespace zoetrope::world
