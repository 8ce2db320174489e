#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/generation/generated.h"
#include "tests/model/tiny_dit.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/files.h"
#include "zoetrope/generation/check.h"
#include "zoetrope/generation/generate.h"
#include "zoetrope/model/families/families.h"

namespace zoetrope::generation {
namespace {

using testing::HasSubstr;

struct DitFamilyTest : testing::Test {
  DitFamilyTest() {
    test::write_tiny_dit(folder.path, {{"_class_name", "DDIMScheduler"}, {"clip_sample", false}});
    model.emplace(model::Model::load(folder.path, {}));
    request = default_request(*model);
    request.class_label = "poodle";
    request.steps = 3;
  }
  Tensor latents(const Request& request) const {
    CollectingSink sink = test::generated(request, *model);
    EXPECT_EQ(sink.frames().sizes(), (std::vector<int64_t>{1, request.height, request.width, 3}));
    return sink.latents();
  }
  std::string refusal(const std::function<void(Request&)>& spoil) const { return test::refusal(request, *model, spoil); }

  TemporaryFolder folder;
  std::optional<model::Model> model;
  Request request;
};

TEST_F(DitFamilyTest, HasTheDefaultsOfThePipelineAndOfThePaper) {
  const model::Defaults& d = model->defaults();
  EXPECT_EQ(d.settings.width, 32);
  EXPECT_EQ(d.settings.steps, 50);
  EXPECT_EQ(d.settings.guidance_scale, 4);
  EXPECT_EQ(d.settings.sampler, "ddim");
  EXPECT_EQ(d.settings.preset, "diffusers");
  EXPECT_EQ(d.preset("paper").sampler, "ddpm");
  EXPECT_EQ(d.preset("paper").steps, 250);
  EXPECT_EQ(d.size_multiple, 8);
}

TEST_F(DitFamilyTest, MakesAPictureThatTheRequestDecides) {
  Tensor known = latents(request);
  EXPECT_TRUE(latents(request).equal(known));
  auto changed = [&](const std::function<void(Request&)>& change) {
    Request other = request;
    change(other);
    return !latents(other).equal(known);
  };
  EXPECT_FALSE(changed([](Request& r) { r.class_label = "3"; })) << "the number of the name";
  EXPECT_TRUE(changed([](Request& r) { r.class_label = "4"; }));
  EXPECT_TRUE(changed([](Request& r) { r.seed = 1; }));
  EXPECT_TRUE(changed([](Request& r) { r.guidance_scale = 1; }));
  EXPECT_TRUE(changed([](Request& r) { r.sampler = "ddpm"; }));
  EXPECT_TRUE(changed([](Request& r) { r.width = 48; }));
}

TEST_F(DitFamilyTest, GuidesThreeChannelsAsThePaperDid) {
  request.sampler = "ddim";
  request.steps = 1;
  request.preset = "paper";
  Tensor guided = latents(request);
  request.guidance_scale = 1;
  Tensor plain = latents(request);
  EXPECT_TRUE(guided[3].allclose(plain[3], 1e-4, 1e-4));
  EXPECT_FALSE(guided[0].allclose(plain[0], 1e-4, 1e-4));
}

TEST_F(DitFamilyTest, RefusesWhatAModelOfClassesCannotDo) {
  EXPECT_EQ(refusal([](Request&) {}), "");
  EXPECT_THAT(refusal([](Request& r) { r.class_label = ""; }), HasSubstr("class_label is needed"));
  EXPECT_THAT(refusal([](Request& r) { r.class_label = "cat"; }), HasSubstr("there is no class 'cat'"));
  EXPECT_THAT(refusal([](Request& r) { r.prompt = "a cat"; }), HasSubstr("prompt cannot be used"));
  EXPECT_THAT(refusal([](Request& r) { r.negative_prompt = "a dog"; }), HasSubstr("negative_prompt cannot be used"));
  EXPECT_THAT(refusal([](Request& r) { r.frames = 2; }), HasSubstr("frames can be up to 1, got 2"));
  EXPECT_THAT(refusal([](Request& r) { r.timesteps = {999}, r.steps = 1; }), HasSubstr("timesteps cannot be chosen for this model"));
  EXPECT_THAT(refusal([](Request& r) { r.sampler = "euler"; }), HasSubstr("sampler must be one of ddim, ddpm for this model, got 'euler'"));
  EXPECT_THAT(refusal([](Request& r) { r.preset = "wan"; }), HasSubstr("preset must be one of diffusers, paper for this model, got 'wan'"));
  EXPECT_THAT(refusal([](Request& r) { r.conditions.push_back({.media = "a.png", .sha256 = {}}); }), HasSubstr("images of a class"));
  EXPECT_THAT(refusal([](Request& r) { r.width = 36; }), HasSubstr("multiples of 8"));
}

TEST(DitFamily, TakesTheSamplerOfItsScheduler) {
  TemporaryFolder folder;
  test::write_tiny_dit(folder.path, {{"_class_name", "DDPMScheduler"}, {"variance_type", "learned_range"}});
  EXPECT_EQ(model::dit_family().defaults(folder.path).settings.sampler, "ddpm");
  EXPECT_TRUE(model::dit_family().recognise({{"_class_name", "DiTPipeline"}}));
}

}  // namespace
}  // namespace zoetrope::generation
