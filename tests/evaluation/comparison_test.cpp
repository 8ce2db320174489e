#include "zoetrope/evaluation/comparison.h"

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/video_writer.h"

namespace zoetrope::evaluation {
namespace {

constexpr int64_t side = 64, frames = 24;

/// A square that moves to the right before grey; from frame `changes_at` on it has another colour, and the background from `darkens_at`.
media::Clip square(int64_t changes_at = frames, int64_t darkens_at = frames, bool vanishes = false) {
  Tensor clip = at::full({frames, side, side, 3}, 150, at::kByte);
  clip.slice(0, darkens_at).fill_(60);
  for (int64_t t = 0; t < frames; ++t) {
    if (vanishes && t > frames / 2) continue;
    Tensor there = clip[t].narrow(0, 20, 16).narrow(1, 2 + 2 * t % 44, 16);
    there.fill_(0);
    there.select(2, t < changes_at ? 0 : 2).fill_(250);
  }
  return {clip, {12, 1}};
}

struct ComparisonTest : testing::Test {
  ComparedClip clip(const std::string& name, const media::Clip& frames) {
    media::write_clip(folder / name, frames);
    return {.name = name, .file = folder / name};
  }
  TemporaryFolder folder;
};

TEST_F(ComparisonTest, ShowsWhereTheHeroBecomesAnother) {
  Comparison c = compare({clip("same.mp4", square()), clip("changes.mp4", square(12))});
  ASSERT_EQ(c.checks.size(), 4u);
  const Finding &same = c.checks[1].findings[0], &changes = c.checks[1].findings[1];
  auto last = [](const Finding& f) { return std::stoi(f.sentence.substr(f.sentence.find("are ") + 4)); };
  EXPECT_GT(last(same), 85) << same.sentence;
  EXPECT_LT(last(changes), 50) << changes.sentence;
  EXPECT_FALSE(same.passed) << "without a recogniser the reader judges";
  EXPECT_EQ(changes.frames.size(0), std::ssize(changes.seconds));
}

TEST_F(ComparisonTest, ShowsTheJump) {
  Comparison c = compare({clip("vanishes.mp4", square(frames, frames, true))});
  EXPECT_NE(c.checks[2].findings[0].sentence.find("times the usual one, at 1.1 s"), std::string::npos) << c.checks[2].findings[0].sentence;
}

TEST_F(ComparisonTest, MeasuresTheBackground) {
  Comparison c = compare({clip("steady.mp4", square()), clip("darkens.mp4", square(frames, 20))});
  auto percent = [&](size_t i) {
    const std::string& s = c.checks[3].findings[i].sentence;
    return std::stod(s.substr(s.find("by ") + 3));
  };
  EXPECT_LT(percent(0), 1);
  EXPECT_GT(percent(1), 3);
}

TEST_F(ComparisonTest, TellsShapes) {
  Tensor wide = at::full({5, 48, 96, 3}, 90, at::kByte);
  Comparison c = compare({clip("wide.gif", {wide, {10, 1}})});
  EXPECT_EQ(c.checks[0].findings[0].sentence, "96x48 pixels, 2.00 to 1 (2:1)");
  EXPECT_NE(c.checks[2].findings[0].sentence.find("hardly anything moves"), std::string::npos);
}

TEST_F(ComparisonTest, ComparesStillPictures) {
  media::write_image(folder / "a.png", at::full({32, 32, 3}, 90, at::kByte));
  Comparison c = compare({{.name = "a.png", .file = folder / "a.png"}});
  EXPECT_NE(c.checks[1].findings[0].sentence.find("a still picture"), std::string::npos);
  EXPECT_NE(to_html(c).find("<img class=still"), std::string::npos);
}

TEST_F(ComparisonTest, APageNeedsNothingElse) {
  ComparedClip mkv = clip("a.mkv", square()), mp4 = clip("b.mp4", square());
  mp4.name = "<b>.mp4", mp4.prompt = "a \"red\" square";
  const std::string page = to_html(compare({mkv, mp4}, Language::chinese));
  EXPECT_NE(page.find("lang=zh"), std::string::npos);
  EXPECT_NE(page.find("主角始终如一"), std::string::npos);
  EXPECT_NE(page.find("&lt;b&gt;.mp4"), std::string::npos);
  EXPECT_NE(page.find("a &quot;red&quot; square"), std::string::npos);
  EXPECT_EQ(page.find("http"), std::string::npos) << "no address of another place";
  size_t videos = 0;
  for (size_t at = page.find("data:video/mp4"); at != page.npos; at = page.find("data:video/mp4", at + 1)) ++videos;
  EXPECT_EQ(videos, 2u);
}

TEST_F(ComparisonTest, RefusesMoreThanFour) {
  EXPECT_THROW(compare({}), base::UsageError);
  EXPECT_THROW(compare(std::vector<ComparedClip>(5, ComparedClip{.name = "a", .file = "a.mp4"})), base::UsageError);
}

}  // namespace
}  // namespace zoetrope::evaluation
