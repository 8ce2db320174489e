#include "zoetrope/provenance/visible_label.h"

#include <gtest/gtest.h>

#include "tests/media/clips.h"
#include "zoetrope/provenance/frame_marker.h"

namespace zoetrope::provenance {
namespace {

const std::string labelled = R"({"schema":"zoetrope/request/2","prompt":"一只猫"})";

Marks only_label() {
  Marks marks = Marks::none();
  marks.label = true;
  return marks;
}

TEST(VisibleLabel, StandsInTheCornerAndIsHighEnough) {
  for (const auto& [width, height] : {std::pair<int64_t, int64_t>{96, 96}, {854, 480}, {480, 854}, {33, 24}}) {
    const VisibleLabel label("AI生成", .05, width, height);
    const Box box = label.box();
    EXPECT_EQ(box.left + box.width, width);
    EXPECT_EQ(box.top + box.height, height);
    const double least = width > 64 ? std::max(12., .05 * static_cast<double>(std::min(width, height))) : 1;  // else it is made to fit
    EXPECT_GE(box.height, least) << width;
    Tensor frames = at::full({1, height, width, 3}, 200, at::kByte);
    label.draw(frames);
    const Tensor field = frames[0].narrow(0, box.top, box.height).narrow(1, box.left, box.width).to(at::kInt);
    EXPECT_GT(field.max().item<int>(), 230);  // letters
    EXPECT_LT(field.min().item<int>(), 100);  // on a field
    EXPECT_TRUE((frames.narrow(1, 0, box.top) == 200).all().item<bool>());
  }
}

TEST(VisibleLabel, SpeaksThePromptsLanguage) {
  EXPECT_EQ(label_text_for("a cat"), "AI-generated");
  EXPECT_EQ(label_text_for("一只猫"), "AI生成");
  EXPECT_EQ(label_text_for("café “x” 🎈"), "AI-generated");
}

TEST(FrameMarker, ShowsTheLabelForItsSecondsAndSaysWhere) {
  FrameMarker marker(only_label(), labelled, 128, 96, /*fps=*/4);
  const Tensor frames = at::full({5, 96, 128, 3}, 90, at::kByte);
  const Tensor first = marker.mark(frames, {}), second = marker.mark(frames, {});  // 2 s are 8 frames
  auto changed = [&](const Tensor& marked, int64_t i) { return !marked[i].equal(frames[i]); };
  for (int64_t i = 0; i < 5; ++i) EXPECT_TRUE(changed(first, i)) << i;
  EXPECT_TRUE(changed(second, 2));
  EXPECT_FALSE(changed(second, 3));
  EXPECT_TRUE((frames == 90).all().item<bool>());  // the caller's own
  const auto place = label_place(marker.metadata(false).request);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->seconds, 2);
  EXPECT_EQ(place->box.left + place->box.width, 128);
}

TEST(LabelPlace, IsNothingWhereNoneWasDrawn) {
  for (const char* none : {"", "words", "{}", R"({"marks":{"label":true}})", R"({"marks":{"label":{"box":[1,2,3],"seconds":2}}})",
                           R"({"marks":{"label":{"box":[0,0,-4,4],"seconds":2}}})", R"({"marks":{"label":{"box":[0,0,4,4]}}})"})
    EXPECT_FALSE(label_place(none)) << none;
}

TEST(FrameMarker, SameRequestSameFrames) {
  const Tensor frames = media::test::moving_clip(2, 64, 96).frames;
  const std::string other = R"({"schema":"zoetrope/request/2","prompt":"a dog"})";
  EXPECT_TRUE(FrameMarker({}, labelled, 96, 64, 16).mark(frames, {}).equal(FrameMarker({}, labelled, 96, 64, 16).mark(frames, {})));
  EXPECT_FALSE(FrameMarker({}, labelled, 96, 64, 16).mark(frames, {}).equal(FrameMarker({}, other, 96, 64, 16).mark(frames, {})));
  EXPECT_TRUE(FrameMarker(Marks::none(), labelled, 96, 64, 16).mark(frames, {}).equal(frames));
}

}  // namespace
}  // namespace zoetrope::provenance
