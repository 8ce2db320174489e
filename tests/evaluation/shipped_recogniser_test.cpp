#include <gtest/gtest.h>

#include "zoetrope/evaluation/composition.h"
#include "zoetrope/evaluation/recogniser/corrupt.h"
#include "zoetrope/evaluation/recogniser/dataset.h"
#include "zoetrope/world/render.h"

namespace zoetrope::evaluation {
namespace {

constexpr int64_t judged_clips = 8;
constexpr uint64_t judged_seed = 9;

/// The part of the world that a recogniser knows, held out.
world::World known_world(const vision::RecogniserConfig& names) {
  world::Settings settings;
  std::erase_if(settings.objects, [&](const std::string& name) { return class_of(names.objects, name) == std::ssize(names.objects); });
  settings.scenes = names.scenes;
  settings.motions = names.motions;
  return held_out_world(settings, judged_seed);
}

/// The judge that ships with toybox, with clips that are made up.
struct ShippedRecogniser : testing::Test {
  ShippedRecogniser() {
    request.width = request.height = 96;
    request.frames = 17;
  }
  std::map<std::string, double> scores(const Generator& generate) {
    base::Observer observer;
    std::map<std::string, double> values;
    for (const Score& s : composition(recogniser, world, request, judged_clips, judged_seed, generate, observer).scores)
      values[s.name] = s.value;
    return values;
  }
  /// The true clip of a request, after something was done to its object.
  template <class Change>
  Tensor changed(const generation::Request& r, Change change) {
    const data::ClipShape shape = shape_of(r);
    world::Scenario scenario = world.scenario(r.seed - judged_seed, shape);
    world::Rendered rendered = world::render(scenario, shape);
    Parts parts = take_apart(scenario, rendered.frames, rendered.subject_mask, shape);
    parts.layers = change(parts.layers);
    return put_together(parts).permute({0, 2, 3, 1});
  }
  vision::Recogniser recogniser = vision::load_recogniser("models/toybox/recogniser", {});
  world::World world = known_world(recogniser.config());
  generation::Request request;
};

TEST_F(ShippedRecogniser, KnowsWhatRealClipsShow) {
  auto found = scores([&](const auto& r) { return changed(r, [](const Tensor& layers) { return layers; }); });
  for (const char* name : {"object", "scene", "motion", "count", "shape_iou"}) EXPECT_GT(found[name], .7) << name;
}

TEST_F(ShippedRecogniser, FindsNothingInNoise) {
  at::Generator generator = base::generator(1);
  auto found = scores([&](const auto& r) { return at::rand({r.frames, r.height, r.width, 3}, generator); });
  for (const char* name : {"object", "motion", "identity", "shape_iou"}) EXPECT_LT(found[name], .3) << name;
}

TEST_F(ShippedRecogniser, IsNotContentWithTexture) {
  auto found = scores([&](const auto& r) {
    base::Rng rng(r.seed);
    return changed(r, [&](const Tensor& layers) { return morphing_blob(layers, rng); });
  });
  for (const char* name : {"object", "motion", "identity"}) EXPECT_LT(found[name], .3) << name;
  EXPECT_LT(found["shape_iou"], .65);
  EXPECT_GT(found["scene"], .7);  // which is as it was
}

}  // namespace
}  // namespace zoetrope::evaluation
