#include "zoetrope/generation/generate.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/generation/generated.h"
#include "tests/media/clips.h"
#include "tests/model/tiny_model.h"
#include "tests/model/tiny_wan.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/random.h"
#include "zoetrope/generation/check.h"
#include "zoetrope/generation/output_file.h"
#include "zoetrope/generation/sample.h"
#include "zoetrope/generation/timeline.h"
#include "zoetrope/generation/windows.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/media/video_writer.h"

namespace zoetrope::generation {
namespace {

using testing::HasSubstr;

struct GenerateTest : testing::Test {
  GenerateTest() {
    test::write_tiny_model(folder / "model");
    model.emplace(model::Model::load(folder / "model", {}));
    request = default_request(*model);
    request.prompt = "a red ball rolls over a meadow";
  }
  CollectingSink generate(const Request& request) const { return test::generated(request, *model); }
  std::string refusal(const std::function<void(Request&)>& spoil) const { return test::refusal(request, *model, spoil); }

  TemporaryFolder folder;
  std::optional<model::Model> model;
  Request request;
};

/// Cancels once a stage has come so far.
class StopsAt : public base::Observer {
 public:
  StopsAt(std::string stage, int64_t step) : stage_(std::move(stage)), step_(step) {}
  void progress(const std::string& stage, int64_t step, int64_t) override { stop_ = stop_ || (stage == stage_ && step == step_); }
  bool cancelled() const override { return stop_; }

 private:
  std::string stage_;
  int64_t step_;
  bool stop_ = false;
};

TEST_F(GenerateTest, MakesFramesAndLatentsOfTheSizeThatWasAskedFor) {
  request.width = 48;
  CollectingSink sink = generate(request);
  EXPECT_EQ(sink.frames().sizes(), (std::vector<int64_t>{9, 32, 48, 3}));
  EXPECT_EQ(sink.latents().sizes(), (std::vector<int64_t>{4, 3, 4, 6}));
  EXPECT_EQ(sink.frames().scalar_type(), at::kFloat);
  EXPECT_GE(sink.frames().min().item<float>(), 0);
  EXPECT_LE(sink.frames().max().item<float>(), 1);
  request.frames = 1;
  EXPECT_EQ(generate(request).frames().sizes(), (std::vector<int64_t>{1, 32, 48, 3}));
}

TEST_F(GenerateTest, IsDecidedByTheRequest) {
  Tensor frames = generate(request).frames();
  EXPECT_TRUE(generate(request).frames().equal(frames));
  auto changed = [&](const std::function<void(Request&)>& change) {
    Request other = request;
    change(other);
    return !generate(other).latents().equal(generate(request).latents());
  };
  EXPECT_TRUE(changed([](Request& r) { r.seed = 1; }));
  EXPECT_TRUE(changed([](Request& r) { r.prompt = "一只狗"; }));
  EXPECT_TRUE(changed([](Request& r) { r.negative_prompt = "a dog"; }));
  EXPECT_TRUE(changed([](Request& r) { r.guidance_scale = 1; }));
  EXPECT_TRUE(changed([](Request& r) { r.sampler = "heun"; }));
  EXPECT_TRUE(changed([](Request& r) { r.shift = 3; }));
}

TEST_F(GenerateTest, GuidesInAnIntervalAndRescales) {
  Tensor guided = generate(request).latents();
  request.guidance_rescale = .7;
  EXPECT_FALSE(generate(request).latents().equal(guided));
  request.guidance_interval = {0, .01};  // no sigma that is sampled at
  Tensor nowhere = generate(request).latents();
  request.guidance_interval = {0, 1};
  request.guidance_rescale = 0;
  EXPECT_TRUE(generate(request).latents().equal(guided));
  request.guidance_scale = 1;
  EXPECT_TRUE(generate(request).latents().allclose(nowhere));
}

TEST_F(GenerateTest, GivesBackGivenImagesBitForBit) {
  Tensor first = media::test::moving_clip(1, 32, 32).frames[0], last = media::test::moving_clip(9, 32, 32).frames[8];
  media::write_image(folder / "first.png", first);
  media::write_image(folder / "last.png", last);
  request.conditions = {{.media = folder / "first.png"}, {.media = folder / "last.png", .frame_index = 8}};
  Tensor frames = generate(request).frames().mul(255).round().to(at::kByte);
  EXPECT_EQ(frames.size(0), 9);
  EXPECT_TRUE(frames[0].equal(first));
  EXPECT_TRUE(frames[8].equal(last));
  EXPECT_FALSE(frames[1].equal(first));
}

TEST_F(GenerateTest, AnExtendedVideoStandsInTheResultAsItWas) {
  media::write_clip(folder / "video.mp4", media::test::moving_clip(12, 32, 32));
  Tensor video = media::read_clip(folder / "video.mp4").frames;
  request.conditions = {{.media = folder / "video.mp4", .frame_index = 5 - 12}};
  request.fps = {16, 1};
  Tensor longer = generate(request).frames().mul(255).round().to(at::kByte);
  EXPECT_EQ(longer.size(0), 12 + 9 - 5);  // the new clip begins with five frames of the video
  EXPECT_TRUE(longer.narrow(0, 0, 12).equal(video));
  request.conditions[0].frame_index = 9 - 4;
  longer = generate(request).frames().mul(255).round().to(at::kByte);
  EXPECT_EQ(longer.size(0), 12 + 9 - 4);
  EXPECT_TRUE(longer.narrow(0, 5, 12).equal(video));
}

TEST_F(GenerateTest, ALoopIsTheClipAndTheWayBackWithBothItsEndsKnown) {
  request.frames = 17;
  Tensor clip = generate(request).frames().mul(255).round().to(at::kByte);
  WayBack back = way_back(clip, Timeline::empty(17, 32, 32), 4);
  EXPECT_EQ(std::pair(back.begin, back.end), std::pair(int64_t{5}, int64_t{13}));
  EXPECT_TRUE(back.timeline.frames.narrow(0, 0, 5).equal(clip.narrow(0, 12, 5)));
  EXPECT_TRUE(back.timeline.frames.narrow(0, 13, 4).equal(clip.narrow(0, 0, 4)));
  EXPECT_EQ(back.timeline.given.sum().item<int64_t>(), 9);
  request.loop = true;
  Tensor looped = generate(request).frames().mul(255).round().to(at::kByte);
  EXPECT_EQ(looped.size(0), 17 + 8);
  EXPECT_TRUE(looped.narrow(0, 0, 17).equal(clip));
}

TEST_F(GenerateTest, ALongClipIsMadeInWindowsAndDecodedAsOneStream) {
  request.frames = 33;  // 9 latent frames, of which the model makes 3 at once
  EXPECT_EQ(std::ssize(windows_of(request, *model)), 7);
  CollectingSink sink = generate(request);
  EXPECT_EQ(sink.frames().size(0), 33);
  EXPECT_EQ(sink.latents().sizes(), (std::vector<int64_t>{4, 9, 4, 4}));
  Tensor whole = autoencoder::to_unit_range(model->components().autoencoder->decode(sink.latents().unsqueeze(0)));
  EXPECT_TRUE(sink.frames().equal(whole)) << "no seam: the stream is the whole";
  Request shorter = request;
  shorter.frames = 29;
  EXPECT_TRUE(generate(shorter).latents().narrow(1, 0, 7).equal(sink.latents().narrow(1, 0, 7))) << "what comes later changes nothing";
}

TEST_F(GenerateTest, CanBeStoppedWhileAWindowIsDecoded) {
  request.frames = 33;
  for (const char* stage : {"decoding, window 1 of 7", "decoding, window 4 of 7"}) {
    StopsAt observer(stage, 1);
    CollectingSink sink;
    EXPECT_THROW(generation::generate(request, *model, sink, observer), base::Cancelled) << stage;
  }
}

TEST_F(GenerateTest, ThePromptOfALongClipChangesWithItsWindows) {
  request.frames = 33, request.fps = {8, 1};
  Tensor one = generate(request).latents();
  request.prompts = {{2, "a blue fish"}};
  Tensor two = generate(request).latents();
  EXPECT_TRUE(two.narrow(1, 0, 4).equal(one.narrow(1, 0, 4)));
  EXPECT_FALSE(two.narrow(1, 5, 4).equal(one.narrow(1, 5, 4)));
  EXPECT_THAT(refusal([](Request& r) { r.prompts = {{2, "a"}, {1, "b"}}; }), HasSubstr("prompts must follow each other in time, got 1 s"));
  EXPECT_THAT(refusal([](Request& r) { r.frames = 17; }), HasSubstr("this clip is made in one: ask for 21 frames or more"));
  request.prompts = {{90, "a blue fish"}};
  EXPECT_THAT(complaint<base::UsageError>([&] { generate(request); }), HasSubstr("'a blue fish' begins at 90 s"));
}

TEST_F(GenerateTest, GivenFramesOfALongClipStandInTheirWindows) {
  Tensor image = media::test::moving_clip(9, 32, 32).frames[8];
  media::write_image(folder / "image.png", image);
  request.frames = 33;
  request.conditions = {{.media = folder / "image.png"}, {.media = folder / "image.png", .frame_index = 22}};
  Tensor frames = generate(request).frames().mul(255).round().to(at::kByte);
  EXPECT_TRUE(frames[0].equal(image));
  EXPECT_TRUE(frames[22].equal(image));
  EXPECT_FALSE(frames[21].equal(image));
}

TEST_F(GenerateTest, AModelThatAnimatesAnImageGoesOnFromTheLastFrame) {
  test::write_tiny_wan(folder / "i2v", test::TinyWan::image_to_video);
  model.emplace(model::Model::load(folder / "i2v", {}));
  request = default_request(*model);
  request.prompt = "a red ball", request.width = request.height = 16, request.frames = 165, request.steps = 1;
  media::write_image(folder / "first.png", media::test::moving_clip(1, 16, 16).frames[0]);
  request.conditions = {{.media = folder / "first.png"}};
  const std::vector<Window> chain = windows_of(request, *model);
  ASSERT_EQ(chain.size(), 3u);
  CollectingSink sink = generate(request);
  ASSERT_EQ(sink.frames().size(0), 165);

  const int64_t begin = model->geometry().frames(chain[1].begin), count = 4 * chain[1].count;
  Tensor last = autoencoder::to_bytes(sink.frames()[begin - 1]);
  media::write_image(folder / "last.png", last);
  request.conditions = {{.media = folder / "last.png"}};
  request.frames = count + 1, request.seed = base::derive_seed({request.seed, 2, 1});
  EXPECT_TRUE(generate(request).frames().narrow(0, 1, count).equal(sink.frames().narrow(0, begin, count)));
}

TEST_F(GenerateTest, ASecondWindowIsTheRestOfOneClipWhoseBeginningIsKnown) {
  at::NoGradGuard no_grad;
  const model::Components& c = model->components();
  const std::vector<int64_t> shape{1, 4, 6, 4, 4};
  at::Generator generator = base::generator(3);
  Tensor noise = base::randn(shape, generator);
  DenoiseMask mask = DenoiseMask::none(shape, c.denoiser->grid(6, 4, 4));
  mask.latents.narrow(2, 0, 3).copy_(base::randn({1, 4, 3, 4, 4}, generator));
  mask.values.narrow(0, 0, 3).zero_();
  transformer::Conditioning text{c.text->encode({"a red ball", ""})};
  base::Observer silent;
  auto run = [&](const std::vector<int64_t>& positions) {
    model::Schedule s = c.schedule(request);
    return sample(*c.denoiser, s.parameterization, {{"conditional", text.row(0)}, {"unconditional", text.row(1)}}, mask, noise,
                  {.sampler = diffusion::sampler("euler"), .sigmas = s.sigmas, .guidance = {.scale = 2}, .positions = positions}, silent);
  };
  Window second{.begin = 3, .count = 3, .context = 3};
  EXPECT_TRUE(run(second.positions()).equal(run({})));
  EXPECT_FALSE(run({0, 4, 5, 6, 7, 8}).equal(run({}))) << "the place in time counts";
}

TEST_F(GenerateTest, ExpectsMoreTimeAndMemoryOfMoreWork) {
  auto with = [&](const std::function<void(Request&)>& change) {
    Request changed = request;
    change(changed);
    return estimate(changed, *model);
  };
  base::CostEstimate plain = with([](Request&) {}), larger = with([](Request&r) { r.width *= 8, r.height *= 8; });
  EXPECT_GT(plain.bytes, 0);
  EXPECT_GT(larger.bytes, 8 * plain.bytes);
  EXPECT_GT(larger.seconds, 8 * plain.seconds);
  EXPECT_GT(with([](Request& r) { r.steps = 1000; }).seconds, 3 * with([](Request& r) { r.steps = 2; }).seconds);
}

TEST_F(GenerateTest, LeavesNothingWhenItIsCancelled) {
  for (const auto& [stage, step] : std::vector<std::pair<std::string, int64_t>>{{"sampling", 1}, {"decoding", 1}, {"decoding", 2}}) {
    for (const char* name : {"clip.mp4", "clip.webp", "clip.png", "clip.safetensors"}) {
      StopsAt observer(stage, step);
      TemporaryFolder out;
      auto sink = open_output(out / name, {32, 32, {8, 1}}, "{}");
      EXPECT_THROW(generation::generate(request, *model, *sink, observer), base::Cancelled);
      sink.reset();
      EXPECT_TRUE(std::filesystem::is_empty(out.path)) << name << " cancelled while " << stage;
    }
  }
}

TEST_F(GenerateTest, CanBeStoppedWhileGivenFramesAreEncoded) {
  media::write_clip(folder / "video.mp4", media::test::moving_clip(9, 32, 32));
  request.fps = {16, 1};
  request.conditions = {{.media = folder / "video.mp4", .denoise = .5}};
  StopsAt observer("encoding", 2);
  CollectingSink sink;
  EXPECT_THROW(generation::generate(request, *model, sink, observer), base::Cancelled);
}

TEST_F(GenerateTest, RefusesWhatItCannotDoWithTheFieldAndTheWayOut) {
  EXPECT_EQ(refusal([](Request&) {}), "");
  EXPECT_EQ(refusal([](Request& r) { r.frames = 80; }), "frames must be 4k+1 for this model, got 80; use 77 or 81");
  EXPECT_THAT(refusal([](Request& r) { r.frames = 0; }), HasSubstr("got 0; use 1 or 5"));
  EXPECT_THAT(refusal([](Request& r) { r.frames = 1000001; }), HasSubstr("frames can be up to 10001"));
  EXPECT_THAT(refusal([](Request& r) { r.width = r.height = 100; }), HasSubstr("got 100x100; 96x96 would do"));
  EXPECT_THAT(refusal([](Request& r) { r.height = -16; }), HasSubstr("x16 would do"));
  EXPECT_THAT(refusal([](Request& r) { r.width = int64_t{1} << 62; }), HasSubstr("; 8192x32 would do"));
  EXPECT_THAT(refusal([](Request& r) { r.steps = 0; }), HasSubstr("steps must be from 1 to 1000, got 0"));
  EXPECT_EQ(refusal([](Request& r) { r.timesteps = {1, .7, .2}, r.steps = 3; }), "");
  EXPECT_THAT(refusal([](Request& r) {
                r.timesteps = {1, .5}, r.steps = 3;
              }),
              HasSubstr("steps must be 2, the number of timesteps (1, 0.5), or omitted; got 3"));
  for (const std::vector<double>& timesteps : {std::vector<double>{1.5, .5}, {.5, 1}, {1, 1}, {1, 0}, {1, std::nan("")}})
    EXPECT_THAT(refusal([&](Request& r) { r.timesteps = timesteps, r.steps = 2; }), HasSubstr("timesteps must fall from at most 1"));
  EXPECT_THAT(refusal([](Request& r) { r.guidance_scale = std::nan(""); }), HasSubstr("guidance_scale must"));
  EXPECT_THAT(refusal([](Request& r) { r.shift = 0; }), HasSubstr("shift must"));
  EXPECT_THAT(refusal([](Request& r) { r.guidance_interval = {.8, .2}; }), HasSubstr("guidance_interval must be two sigmas"));
  EXPECT_THAT(refusal([](Request& r) { r.guidance_rescale = 2; }), HasSubstr("guidance_rescale must be from 0 to 1, got 2"));
  EXPECT_THAT(refusal([](Request& r) { r.fps = {1000, 1}; }), HasSubstr("fps must"));
  EXPECT_THAT(refusal([](Request& r) { r.sampler = "magic"; }), HasSubstr("no sampler 'magic'"));
  EXPECT_THAT(refusal([](Request& r) { r.prompt = "\xff"; }), HasSubstr("not UTF-8"));
  EXPECT_THAT(refusal([](Request& r) { r.negative_prompt = std::string(size_t{1} << 20, 'a'); }), HasSubstr("1048576 bytes long"));
  EXPECT_THAT(refusal([](Request& r) { r.conditions = {{.media = "a.png", .placed = "last"}}; }),
              HasSubstr("conditions must have frame numbers"));
  EXPECT_THAT(refusal([](Request& r) { r.conditions = {{.media = "a.png", .place = Place{16, 0, 32, 32}}}; }), HasSubstr("reaches 48x32"));
}

}  // namespace
}  // namespace zoetrope::generation
