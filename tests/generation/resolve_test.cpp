#include "zoetrope/generation/resolve.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/environment.h"
#include "tests/media/clips.h"
#include "tests/model/tiny_wan.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/video_writer.h"

namespace zoetrope::generation {
namespace {

using testing::HasSubstr;

struct ResolveTest : testing::Test {
  ResolveTest() {
    test::write_tiny_model(folder / "model");
    model.emplace(model::Model::load(folder / "model", {}));
    asked.prompt = "a red ball";
  }
  Request resolved() const { return resolve(asked, *model).request; }
  std::string refused_field() const {
    try {
      resolve(asked, *model);
    } catch (const base::InvalidRequest& error) {
      return error.field();
    }
    return "";
  }

  TemporaryFolder folder;
  std::optional<model::Model> model;
  PartialRequest asked;
};

TEST_F(ResolveTest, TakesWhatIsNotAskedFromTheModel) {
  Request r = resolved();
  EXPECT_EQ(r.prompt, "a red ball");
  EXPECT_EQ(r.width, 32);
  EXPECT_EQ(r.steps, 2);
  EXPECT_EQ(r.dtype, "fp32");
  asked.steps = 7;
  asked.guidance_interval = {.2, .9};
  EXPECT_EQ(resolved().steps, 7);
  EXPECT_EQ(resolved().guidance_interval.high, .9);
}

TEST_F(ResolveTest, TakesTimestepsInsteadOfSteps) {
  asked.timesteps = {1, .4, .1};
  EXPECT_EQ(resolved().steps, 3);
  EXPECT_EQ(resolved().timesteps, asked.timesteps);
  asked.steps = 2;
  EXPECT_EQ(refused_field(), "steps");
}

TEST_F(ResolveTest, TellsANegativePromptThatIsNotUsed) {
  asked.negative_prompt = "blurred", asked.guidance_scale = 2;
  EXPECT_TRUE(resolve(asked, *model).notices.empty());
  asked.guidance_scale = 1;
  ASSERT_EQ(resolve(asked, *model).notices.size(), 1u);
  EXPECT_EQ(resolve(asked, *model).notices[0].text,
            "the negative prompt is not used, since the guidance is 1; only guidance above 1 reads it");
}

TEST_F(ResolveTest, TellsWhereAPresetOfFewStepsNeedsALora) {
  test::write_tiny_wan(folder / "wan", test::TinyWan::text_to_video);
  model::Model wan = model::Model::load(folder / "wan", {});
  asked.preset = "4step";
  Resolved r = resolve(asked, wan);
  EXPECT_EQ(r.request.steps, 4);
  ASSERT_EQ(r.notices.size(), 1u);
  EXPECT_THAT(r.notices[0].text, HasSubstr("the preset 4step is for models that were distilled to a few steps: give the LoRA file"));
  asked.preset = "wan";
  EXPECT_TRUE(resolve(asked, wan).notices.empty());
}

TEST_F(ResolveTest, TakesWhatIsNotAskedFromTheRequestThatIsRepeated) {
  Request before = resolved();
  before.seed = 5, before.shift = 2;
  asked = {};
  asked.from = to_json(before, model->identity());
  EXPECT_EQ(resolved(), before);
  EXPECT_TRUE(resolve(asked, *model).notices.empty());
  asked.seed = 6;
  EXPECT_EQ(resolved().seed, 6u);
}

TEST_F(ResolveTest, SaysWhichOtherModelTheRequestWasMadeBy) {
  Request before = resolved();
  const model::Identity other{"0123456789abcdef", "wan", {}, {{"transformer", "style.safetensors", "ff", .8}}};
  asked = {};
  asked.from = to_json(before, other);
  ASSERT_EQ(resolve(asked, *model).notices.size(), 1u);
  EXPECT_TRUE(resolve(asked, *model).notices[0].is_warning);
  EXPECT_EQ(resolve(asked, *model).notices[0].text,
            "the request was made by another model, 'wan' with 'style.safetensors' (0.8): the clip will not be the same");
  before.preset = "diffusers";
  asked.from = to_json(before, {other.sha256});
  EXPECT_EQ(
      complaint([&] { resolve(asked, *model); }),
      "the request was made by another model, the one with SHA-256 01234567...; for this one, preset cannot be used: this model has no "
      "presets, got 'diffusers'");
}

TEST_F(ResolveTest, SaysWhenARequestWasComputedInAnotherDtype) {
  asked.from = {{"prompt", "a"}, {"dtype", "bf16"}};
  Resolved r = resolve(asked, *model);
  EXPECT_EQ(r.request.dtype, "fp32") << "what it is computed in now";
  ASSERT_EQ(r.notices.size(), 1u);
  EXPECT_THAT(r.notices[0].text, HasSubstr("was computed in bf16, here it is in fp32"));
}

TEST_F(ResolveTest, ChoosesSizeAndLength) {
  asked.aspect = 1.5;
  asked.seconds = .7;
  Resolved r = resolve(asked, *model);
  EXPECT_EQ(std::pair(r.request.width, r.request.height), std::pair(int64_t{48}, int64_t{32}));
  EXPECT_EQ(r.request.frames, 5);
  ASSERT_EQ(r.notices.size(), 2u);
  EXPECT_EQ(r.notices[0].text, "48x32 is the size of this model nearest to that shape");
  EXPECT_EQ(r.notices[1].text, "0.7 s at 8 frames per second: 5 frames, 0.62 s");
}

TEST_F(ResolveTest, FollowsAGivenVideo) {
  media::write_clip(folder / "video.mp4", media::test::moving_clip(12, 32, 64));
  asked.video = folder / "video.mp4";
  Resolved r = resolve(asked, *model);
  EXPECT_EQ(r.request.conditions.at(0).frame_index, 5 - 12);
  EXPECT_EQ(r.request.fps, (media::Rational{16, 1}));
  EXPECT_EQ(r.request.conditions.at(0).sha256.size(), 64u);
  EXPECT_THAT(r.notices.at(0).text, HasSubstr("is fitted to"));
  asked.fps = media::Rational{8, 1};
  EXPECT_EQ(resolved().fps, (media::Rational{8, 1}));
}

TEST_F(ResolveTest, PlacesWhatIsGivenAtFrames) {
  media::write_clip(folder / "video.mp4", media::test::moving_clip(20, 32, 32));
  media::write_image(folder / "image.png", media::test::moving_clip(1, 32, 32).frames[0]);
  auto frames = [&](int64_t length, auto ask) {
    asked = {};
    asked.prompt = "a red ball", asked.frames = length, asked.fps = media::Rational{16, 1};
    ask();
    std::vector<int64_t> frames;
    for (const Condition& c : resolved().conditions) frames.push_back(c.frame_index);
    return frames;
  };
  using Frames = std::vector<int64_t>;
  EXPECT_EQ(frames(17, [&] { asked.image = asked.last_image = folder / "image.png"; }), Frames({0, 16}));
  EXPECT_EQ(frames(17, [&] { asked.video = folder / "video.mp4"; }), Frames({9 - 20}));
  EXPECT_EQ(frames(17, [&] { asked.video = folder / "video.mp4", asked.extend = "before"; }), Frames({17 - 8}));
  EXPECT_EQ(frames(5, [&] { asked.video = folder / "video.mp4", asked.extend = "before"; }), Frames({5 - 4}));
  EXPECT_EQ(frames(17, [&] { asked.video = asked.video_end = folder / "video.mp4"; }), Frames({5 - 20, 17 - 4}));
  EXPECT_EQ(frames(33, [&] { asked.video = folder / "video.mp4"; }), Frames({5 - 20})) << "half of a window of 9 frames";
  EXPECT_EQ(frames(17, [&] { asked.video = folder / "video.mp4", asked.last_image = folder / "image.png"; }), Frames({9 - 20, 16}));
  EXPECT_EQ(frames(17,
                   [&] {
                     asked.keyframes = {{.media = folder / "image.png", .seconds = .5},
                                        {.media = folder / "image.png", .frame = 3},
                                        {.media = folder / "image.png", .denoise = .2}};
                   }),
            Frames({8, 3, 16}));
  EXPECT_EQ(resolved().conditions[2].denoise, .2);
  asked = {};
  asked.from = {{"prompt", "a"}, {"frames", 17}, {"conditions", {{{"media", (folder / "image.png").string()}, {"frame_index", "last"}}}}};
  EXPECT_EQ(resolved().conditions[0].frame_index, 16);
  asked.from = {{"schema", "zoetrope/request/1"},
                {"prompt", "a"},
                {"frames", 17},
                {"fps", {16, 1}},
                {"extend", "before"},
                {"conditions", {{{"media", (folder / "video.mp4").string()}}}}};
  EXPECT_EQ(resolved().conditions[0].frame_index, 9);
}

TEST_F(ResolveTest, ChangesAVideoInsteadOfContinuingIt) {
  media::write_clip(folder / "video.mp4", media::test::moving_clip(16, 32, 32));
  media::write_image(folder / "mask.png", media::test::moving_clip(1, 32, 32).frames[0]);
  asked.video = folder / "video.mp4", asked.mask = folder / "mask.png";
  Request r = resolved();
  EXPECT_EQ(r.frames, 13) << "what it fills";
  EXPECT_EQ(r.conditions.at(0).frame_index, 0);
  EXPECT_EQ(r.conditions.at(0).denoise, 1);
  EXPECT_EQ(r.conditions.at(0).mask_sha256.size(), 64u);
  asked.strength = .6;
  EXPECT_EQ(resolved().conditions.at(0).denoise, .6);
  asked.mask.clear();
  EXPECT_EQ(resolved().conditions.at(0).denoise, .6);
  asked = {};
  asked.prompt = "a", asked.image = asked.mask = folder / "mask.png";
  EXPECT_EQ(resolved().conditions.at(0).hold, 9) << "the image stands still where the mask is black";
}

TEST_F(ResolveTest, LetsAPictureGrow) {
  media::write_image(folder / "image.png", media::test::moving_clip(1, 32, 32).frames[0]);
  asked.image = folder / "image.png";
  auto grown = [&](const Outpaint& outpaint) {
    asked.outpaint = outpaint;
    Request r = resolved();
    return std::tuple(r.width, r.height, *r.conditions.at(0).place);
  };
  EXPECT_EQ(grown({.aspect = 16. / 9}), std::tuple(64, 32, (Place{16, 0, 32, 32})));
  EXPECT_EQ(grown({.aspect = .5}), std::tuple(32, 64, (Place{0, 16, 32, 32})));
  EXPECT_EQ(grown({.left = 16, .bottom = 32}), std::tuple(48, 64, (Place{16, 0, 32, 32})));
  asked.size = {96, 64};
  EXPECT_EQ(grown({.aspect = 1.5}), std::tuple(96, 64, (Place{16, 0, 64, 64})));
}

TEST_F(ResolveTest, FindsMediaOfARepeatedRequestBesideIt) {
  media::write_image(folder / "first.png", media::test::moving_clip(1, 32, 32).frames[0]);
  asked.image = folder / "first.png";
  base::Json json = to_json(resolved(), model->identity());
  EXPECT_EQ(json["conditions"][0]["media"], "first.png");
  asked = {};
  asked.from = json;
  EXPECT_THAT(complaint<base::UsageError>([&] { resolved(); }), HasSubstr("'first.png' does not exist"));
  asked.beside = folder.path;
  EXPECT_EQ(resolved().conditions.at(0).media, folder / "first.png");
}

TEST_F(ResolveTest, NamesTheFieldThatCannotBe) {
  auto field = [&](auto spoil) {
    PartialRequest right = asked;
    spoil(asked);
    std::string named = refused_field();
    asked = right;
    return named;
  };
  EXPECT_EQ(field([](PartialRequest&) {}), "");
  EXPECT_EQ(field([](PartialRequest& r) { r.aspect = 40; }), "aspect");
  EXPECT_EQ(field([](PartialRequest& r) { r.seconds = 0; }), "seconds");
  EXPECT_EQ(field([](PartialRequest& r) { r.frames = 80; }), "frames");
  EXPECT_EQ(field([](PartialRequest& r) { r.preset = "wan"; }), "preset");
  EXPECT_EQ(field([](PartialRequest& r) { r.guidance_scale = -1; }), "guidance_scale");
  media::write_clip(folder / "video.mp4", media::test::moving_clip(12, 32, 32));
  EXPECT_EQ(field([&](PartialRequest& r) { r.last_image = folder / "video.mp4"; }), "last_image");
  EXPECT_EQ(field([&](PartialRequest& r) { r.mask = folder / "video.mp4"; }), "mask");
  EXPECT_EQ(field([](PartialRequest& r) { r.strength = .5; }), "strength");
  EXPECT_EQ(field([](PartialRequest& r) { r.extend = "after"; }), "extend");
  EXPECT_EQ(field([&](PartialRequest& r) { r.video_end = folder / "video.mp4"; }), "video_end");
  EXPECT_EQ(field([&](PartialRequest& r) { r.video = folder / "video.mp4", r.strength = 2; }), "strength");
  EXPECT_EQ(field([&](PartialRequest& r) { r.video = folder / "video.mp4", r.frames = 1; }), "frames");
  EXPECT_EQ(field([&](PartialRequest& r) { r.video = folder / "video.mp4", r.outpaint = Outpaint{.aspect = 1}; }), "outpaint");
  EXPECT_EQ(field([&](PartialRequest& r) { r.video = folder / "video.mp4", r.outpaint = Outpaint{.left = 7}; }), "size");
  media::write_clip(folder / "short.mp4", media::test::moving_clip(2, 32, 32));
  asked.video = folder / "short.mp4", asked.extend = "before";
  EXPECT_THAT(complaint<base::UsageError>([&] { resolved(); }),
              HasSubstr("has 2 frames; continuing it before its beginning needs at least 4"));
}

TEST_F(ResolveTest, HashesTellAnotherFile) {
  media::write_image(folder / "a.png", media::test::moving_clip(1, 32, 32).frames[0]);
  media::write_image(folder / "b.png", media::test::moving_clip(2, 32, 32).frames[1]);
  Request request;
  request.conditions = {{.media = folder / "a.png", .mask = folder / "b.png"}};
  hash_media(request);
  EXPECT_EQ(request.conditions[0].sha256.size(), 64u);
  hash_media(request);  // still the same
  std::filesystem::rename(folder / "b.png", folder / "a.png");
  EXPECT_THROW(hash_media(request), base::UsageError);
  std::filesystem::remove(folder / "a.png");
  EXPECT_THROW(hash_media(request), base::UsageError);
}

TEST(HashMedia, LooksBesideTheClipThenWhereTheRequestSaysThenWhereTheFileWas) {
  TemporaryFolder folder;
  const test::Environment cache("XDG_CACHE_HOME", folder / "cache");
  for (const char* name : {"beside", "said", "other"}) std::filesystem::create_directories(folder / name);
  media::write_image(folder / "said/a.png", media::test::moving_clip(1, 32, 32).frames[0]);
  Request request;
  request.conditions = {{.media = folder / "said/a.png"}};
  hash_media(request, folder / "beside");
  std::filesystem::copy(folder / "said/a.png", folder / "beside/a.png");
  hash_media(request, folder / "beside");
  EXPECT_EQ(request.conditions[0].media, folder / "beside/a.png");
  remember_media(request);
  std::filesystem::remove_all(folder / "said");
  media::write_image(folder / "other/a.png", media::test::moving_clip(2, 32, 32).frames[1]);
  request.conditions[0].media = "a.png";  // as a generated file has it
  hash_media(request, folder / "other");
  EXPECT_EQ(request.conditions[0].media, folder / "beside/a.png") << "not the other picture of that name";
}

}  // namespace
}  // namespace zoetrope::generation
