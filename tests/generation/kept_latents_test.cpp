#include "zoetrope/generation/kept_latents.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/draw.h"
#include "tests/generation/generated.h"
#include "tests/model/tiny_model.h"
#include "tests/model/tiny_wan.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/files.h"
#include "zoetrope/generation/output_file.h"
#include "zoetrope/generation/resolve.h"
#include "zoetrope/generation/windows.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/video_writer.h"

namespace zoetrope::generation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string all_notices(const Resolved& resolved) {
  std::string all;
  for (const Notice& notice : resolved.notices) all += notice.text + "\n";
  return all;
}

struct KeptLatentsTest : testing::Test {
  KeptLatentsTest() {
    test::write_tiny_model(folder / "model");
    model.emplace(model::Model::load(folder / "model", {}));
  }

  /// Writes a clip of the request with its tail, and gives its latents [1,C,t,h,w].
  Tensor write_clip(const Request& request, const std::string& name) {
    check(request, *model);
    const std::filesystem::path path = folder / name;
    auto file = open_output(path, {request.width, request.height, request.fps}, "{}");
    auto tail = open_kept_latents(path, request, *model);
    base::Observer silent;
    CollectingSink kept;
    struct Both : FrameSink {
      std::vector<FrameSink*> sinks;
      void latents(const Tensor& l) override {
        for (FrameSink* sink : sinks) sink->latents(l);
      }
      void frames(const Tensor& f, const Tensor&) override {
        for (FrameSink* sink : sinks) sink->frames(f);
      }
    } all;
    all.sinks = {file.get(), tail.get(), &kept};
    generate(request, *model, all, silent);
    file->finish();
    tail->finish();
    return kept.latents().unsqueeze(0);
  }
  Request first_clip(int64_t frames = 17) const {
    Request r = default_request(*model);
    r.prompt = "a red ball", r.frames = frames, r.fps = {16, 1};
    return r;
  }
  Resolved extended(const std::string& name, int64_t frames, const std::function<void(PartialRequest&)>& change = {}) const {
    PartialRequest asked;
    asked.prompt = "a red ball", asked.video = folder / name, asked.extend = "after", asked.frames = frames, asked.seed = 7;
    asked.size = {32, 32};
    if (change) change(asked);
    return resolve(asked, *model);
  }

  TemporaryFolder folder;
  std::optional<model::Model> model;
};

TEST_F(KeptLatentsTest, AreWhatTheContinuedClipBeginsWithBitForBit) {
  Tensor latents = write_clip(first_clip(), "clip.mp4");
  EXPECT_EQ(latents.size(2), 5);
  EXPECT_EQ(kept_latents_path(folder / "clip.mp4"), folder / "clip.tail.safetensors");
  EXPECT_TRUE(read_kept_latents(folder / "clip.tail.safetensors").latents.equal(latents));

  Resolved longer = extended("clip.mp4", 17);
  EXPECT_THAT(all_notices(longer), HasSubstr("is continued from the latents in"));
  EXPECT_EQ(longer.request.conditions[0].frame_index, 9 - 17);
  CollectingSink made = test::generated(longer.request, *model);
  Tensor known = made.latents().unsqueeze(0).narrow(2, 0, 3);
  EXPECT_TRUE(known.narrow(2, 0, 1).equal(latents.narrow(2, 0, 1))) << "the first one stays in front";
  EXPECT_TRUE(known.narrow(2, 1, 2).equal(latents.narrow(2, 3, 2)));
  EXPECT_EQ(made.frames().size(0), 17 + 8);
  Continuation continued = continuation_of(longer.request, model->geometry());
  EXPECT_EQ(continued.shift, 2);
  EXPECT_THAT(continued.shifted({0, 1, 2, 3, 4}), ElementsAre(0, 3, 4, 5, 6));

  Request encoded = longer.request;
  encoded.conditions[0].latents.clear();
  EXPECT_FALSE(test::generated(encoded, *model).latents().equal(made.latents())) << "decoded and encoded again they are others";
}

TEST_F(KeptLatentsTest, ContinueAClipThatWasContinued) {
  write_clip(first_clip(), "clip.mp4");
  Tensor second = write_clip(extended("clip.mp4", 17).request, "second.mp4");
  EXPECT_THAT(read_kept_latents(folder / "second.tail.safetensors").positions, ElementsAre(0, 3, 4, 5, 6));
  Request third = extended("second.mp4", 13).request;
  EXPECT_EQ(continuation_of(third, model->geometry()).shift, 5);
  Tensor latents = test::generated(third, *model).latents().unsqueeze(0);
  EXPECT_TRUE(latents.narrow(2, 1, 1).equal(second.narrow(2, 4, 1)));
}

TEST_F(KeptLatentsTest, OfALongClipAreItsTailAndBeginLongClips) {
  Tensor latents = write_clip(first_clip(33), "clip.mp4");  // made in windows of 3 latent frames
  KeptLatents kept = read_kept_latents(folder / "clip.tail.safetensors");
  EXPECT_THAT(kept.positions, ElementsAre(0, 7, 8));
  EXPECT_TRUE(kept.latents.narrow(2, 1, 2).equal(latents.narrow(2, 7, 2)));
  Request longer = extended("clip.mp4", 29).request;
  EXPECT_GT(windows_of(longer, *model).size(), 1u);
  EXPECT_EQ(longer.conditions[0].frame_index, 5 - 33) << "half of a window";
  CollectingSink made = test::generated(longer, *model);
  EXPECT_TRUE(made.latents().narrow(1, 1, 1).equal(latents[0].narrow(1, 8, 1)));
  EXPECT_EQ(made.frames().size(0), 33 + 29 - 5);
  EXPECT_EQ(extended("clip.mp4", 17).request.conditions[0].frame_index, 9 - 33);
}

TEST_F(KeptLatentsTest, AreNotUsedWhereTheyDoNotFit) {
  write_clip(first_clip(), "clip.mp4");
  auto reason = [&](const std::function<void(PartialRequest&)>& change = {}) {
    Resolved resolved = extended("clip.mp4", 17, change);
    EXPECT_TRUE(resolved.request.conditions[0].latents.empty());
    return all_notices(resolved);
  };
  EXPECT_THAT(reason([](PartialRequest& r) { r.size = {48, 32}; }), HasSubstr("cannot be used: they are of 32x32 pixels"));
  EXPECT_THAT(reason([](PartialRequest& r) { r.fps = {8, 1}; }), HasSubstr("cannot be used: they are of another frame rate"));
  EXPECT_THAT(reason([](PartialRequest& r) { r.extend = "before"; }), Not(HasSubstr("latents")));
  write_clip(
      [&] {
        Request other = first_clip();
        return other.seed = 9, other;
      }(),
      "other.mp4");
  std::filesystem::copy_file(folder / "clip.tail.safetensors", folder / "other.tail.safetensors",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(all_notices(extended("other.mp4", 17)), HasSubstr("cannot be used: the video has changed since"));
  base::write_file(folder / "other.tail.safetensors", "nothing");
  EXPECT_THAT(all_notices(extended("other.mp4", 17)), HasSubstr("cannot be used: "));
  test::write_tiny_model(folder / "another", 2);
  model.emplace(model::Model::load(folder / "another", {}));
  EXPECT_THAT(reason(), HasSubstr("cannot be used: another model made them"));
}

TEST_F(KeptLatentsTest, StandInTheRequestByNameAndHash) {
  write_clip(first_clip(), "clip.mp4");
  Request longer = extended("clip.mp4", 17).request;
  base::Json json = to_json(longer, model->identity());
  EXPECT_EQ(json["conditions"][0]["latents"], "clip.tail.safetensors");
  PartialRequest again;
  again.from = json, again.beside = folder.path;
  EXPECT_TRUE(test::generated(resolve(again, *model).request, *model).latents().equal(test::generated(longer, *model).latents()));
  std::filesystem::remove(folder / "clip.tail.safetensors");
  EXPECT_THAT(complaint<base::UsageError>([&] { resolve(again, *model); }), HasSubstr("'clip.tail.safetensors' does not exist"));
}

TEST_F(KeptLatentsTest, AreRefusedWhereTheyWouldNotBeTheEnd) {
  auto refusal = [&](const std::string& name, const std::function<void(Request&)>& change = {}) {
    Request r = first_clip();
    if (change) change(r);
    return complaint<base::InvalidRequest>([&] { open_kept_latents(folder / name, r, *model); });
  };
  EXPECT_EQ(refusal("clip.mp4"), "");
  EXPECT_THAT(refusal("clip.png"), HasSubstr("keep_latents is for videos"));
  EXPECT_THAT(refusal("clip.mp4", [](Request& r) { r.loop = true; }), HasSubstr("keep_latents cannot be used with a loop"));
  write_clip(first_clip(), "clip.mp4");
  EXPECT_THAT(refusal("b.mp4", [&](Request& r) { r.conditions = {{.media = folder / "clip.mp4", .frame_index = 9}}; }),
              HasSubstr("but the result ends with"));
}

TEST_F(KeptLatentsTest, ServeModelsOfTheWanFamily) {
  for (test::TinyWan kind : {test::TinyWan::text_to_video, test::TinyWan::tokens_with_timesteps}) {
    const std::filesystem::path there = folder / std::to_string(static_cast<int>(kind));
    test::write_tiny_wan(there, kind);
    model.emplace(model::Model::load(there, {}));
    Request first = first_clip();
    first.width = first.height = 32, first.steps = 2;
    Tensor latents = write_clip(first, "clip.mp4");
    Resolved longer = extended("clip.mp4", 17, [](PartialRequest& r) { r.steps = 2; });
    EXPECT_FALSE(longer.request.conditions[0].latents.empty());
    EXPECT_TRUE(test::generated(longer.request, *model).latents().unsqueeze(0).narrow(2, 1, 2).equal(latents.narrow(2, 3, 2)));
  }
}

}  // namespace
}  // namespace zoetrope::generation
