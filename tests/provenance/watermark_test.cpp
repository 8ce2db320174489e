#include "zoetrope/provenance/watermark.h"

#include <bit>

#include <gtest/gtest.h>

#include "tests/media/clips.h"
#include "tests/temporary_folder.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/media/resize.h"
#include "zoetrope/media/video_writer.h"

namespace zoetrope::provenance {
namespace {

using media::test::moving_clip, media::test::psnr;

constexpr uint64_t payload = 0x0123456789abcdef;

int bits_that_fit(uint64_t found) { return 64 - std::popcount(found ^ payload); }

Tensor marked_clip(const Tensor& frames) { return add_pattern(frames, Watermark().pattern(payload, frames.size(1), frames.size(2)), {}); }

TEST(Watermark, IsFoundWithItsPayloadAndChangesLittle) {
  const Tensor frames = moving_clip(5, 192, 256).frames, marked = marked_clip(frames);
  EXPECT_GE(psnr(frames, marked), 42);
  const Watermark::Detection d = Watermark().detect(marked);
  EXPECT_TRUE(d.found);
  EXPECT_EQ(d.payload, payload);
  EXPECT_TRUE(Watermark().detect(marked, payload).found);
}

TEST(Watermark, IsNotFoundWhereThereIsNone) {
  const Tensor frames = moving_clip(5, 192, 256).frames;
  EXPECT_FALSE(Watermark().detect(frames).found);
  EXPECT_FALSE(Watermark().detect(frames, payload).found);
  EXPECT_FALSE(Watermark().detect(at::full({3, 64, 64, 3}, 128, at::kByte)).found);
  EXPECT_FALSE(Watermark().detect(at::full({1, 4, 4, 3}, 128, at::kByte)).found);
  EXPECT_FALSE(Watermark().detect(frames.narrow(0, 0, 0)).found);
}

TEST(Watermark, BelongsToItsKeyAndItsPayload) {
  const Tensor marked = marked_clip(moving_clip(5, 192, 256).frames);
  EXPECT_FALSE(Watermark(7).detect(marked).found);
  EXPECT_FALSE(Watermark(7).detect(marked, payload).found);
  EXPECT_FALSE(Watermark().detect(marked, ~payload).found);
}

TEST(Watermark, SurvivesCuttingScalingAndCoding) {
  const Tensor frames = moving_clip(9, 240, 320).frames, marked = marked_clip(frames);
  auto expect_found = [](const Tensor& seen, const char* what) {
    const Watermark::Detection d = Watermark().detect(seen);
    EXPECT_TRUE(d.found) << what << " " << d.score;
    EXPECT_GE(bits_that_fit(d.payload), 60) << what;
  };
  expect_found(marked.narrow(1, 13, 216).narrow(2, 21, 288), "cut");
  expect_found(marked.narrow(0, 4, 3), "trim");
  expect_found(media::resize(media::resize(marked, 120, 160), 240, 320), "half and back");
  TemporaryFolder folder;
  for (const char* name : {"a.mp4", "a.webm", "a.gif"}) {
    media::write_clip(folder / name, {marked, {16, 1}});
    expect_found(media::read_clip(folder / name).frames, name);
  }
}

TEST(AddPattern, LeavesGivenPixelsAsTheyWere) {
  const Tensor frames = moving_clip(2, 64, 96).frames, pattern = Watermark().pattern(payload, 64, 96);
  Tensor generated = at::zeros({2, 64, 96});
  generated.narrow(2, 48, 48).fill_(1);
  const Tensor marked = add_pattern(frames, pattern, generated);
  EXPECT_TRUE(marked.narrow(2, 0, 48).equal(frames.narrow(2, 0, 48)));
  EXPECT_FALSE(marked.narrow(2, 48, 48).equal(frames.narrow(2, 48, 48)));
  EXPECT_TRUE(add_pattern(frames, pattern, at::zeros({2, 64, 96})).equal(frames));
}

TEST(Pattern, IsTheSameWhereverAndWheneverItIsMade) {
  const Tensor large = Watermark().pattern(payload, 130, 200);
  EXPECT_TRUE(Watermark().pattern(payload, 64, 64).equal(large.narrow(0, 64, 64).narrow(1, 128, 64)));
  EXPECT_NEAR(large.mean().item<float>(), 0, .1);
}

}  // namespace
}  // namespace zoetrope::provenance
