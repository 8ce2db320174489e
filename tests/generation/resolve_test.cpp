#include "zoetrope/generation/resolve.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/media/clips.h"
#include "tests/model/tiny_model.h"
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

TEST_F(ResolveTest, TakesWhatIsNotAskedFromTheRequestThatIsRepeated) {
  Request before = resolved();
  before.seed = 5, before.shift = 2;
  asked = {};
  asked.from = to_json(before, model->fingerprint());
  EXPECT_EQ(resolved(), before);
  EXPECT_TRUE(resolve(asked, *model).notices.empty());
  asked.seed = 6;
  EXPECT_EQ(resolved().seed, 6u);
  asked.from = to_json(before, "another");
  ASSERT_EQ(resolve(asked, *model).notices.size(), 1u);
  EXPECT_TRUE(resolve(asked, *model).notices[0].is_warning);
  EXPECT_THAT(resolve(asked, *model).notices[0].text, HasSubstr("another model"));
}

TEST_F(ResolveTest, ChoosesSizeAndLength) {
  asked.aspect = 1.5;
  asked.seconds = .7;
  Resolved r = resolve(asked, *model);
  EXPECT_EQ(std::pair(r.request.width, r.request.height), std::pair(int64_t{48}, int64_t{32}));
  EXPECT_EQ(r.request.frames, 5);
  ASSERT_EQ(r.notices.size(), 1u);
  EXPECT_EQ(r.notices[0].text, "0.7 s at 8 frames per second: 5 frames, 0.62 s");
}

TEST_F(ResolveTest, FollowsAGivenVideo) {
  media::write_clip(folder / "video.mp4", media::test::moving_clip(12, 32, 64));
  asked.video = folder / "video.mp4";
  Resolved r = resolve(asked, *model);
  EXPECT_EQ(r.request.extend, Extend::after);
  EXPECT_EQ(r.request.fps, (media::Rational{16, 1}));
  EXPECT_EQ(r.request.conditions.at(0).sha256.size(), 64u);
  EXPECT_THAT(r.notices.at(0).text, HasSubstr("is fitted to"));
  asked.fps = media::Rational{8, 1};
  EXPECT_EQ(resolved().fps, (media::Rational{8, 1}));
}

TEST_F(ResolveTest, FindsMediaOfARepeatedRequestBesideIt) {
  media::write_image(folder / "first.png", media::test::moving_clip(1, 32, 32).frames[0]);
  asked.image = folder / "first.png";
  base::Json json = to_json(resolved(), model->fingerprint());
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
}

}  // namespace
}  // namespace zoetrope::generation
