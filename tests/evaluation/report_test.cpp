#include "zoetrope/evaluation/report.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "zoetrope/base/random.h"
#include "zoetrope/media/image.h"

namespace zoetrope::evaluation {
namespace {

using testing::HasSubstr;
using testing::Not;

Report report() {
  Report r{"composition", "toy<box>", 400, {}, {}, {}};
  r.scores = {{"object", .8125, {.77, .85}, .03, .99, 400, ""}, {"shape_iou", .5, {.4, .6}, {}, .875, 300, "overlap & \"more\""}};
  r.by_language = {{"en", {{"object", .9, {.8, .95}, .03, .99, 200, ""}}}, {"zh", {{"object", .725, {.6, .8}, .03, .99, 200, ""}}}};
  at::Generator generator = base::generator(1);
  r.strips = {{"<script>a red circle</script> & 一只猫", "object \"right\"",
               at::randint(0, 256, {3, 8, 12, 3}, generator, at::kLong).to(at::kByte)}};
  return r;
}

std::vector<std::string> keys(const base::Json& json) {
  std::vector<std::string> names;
  for (const auto& item : json.items()) names.push_back(item.key());
  return names;
}

/// The bytes that base64 text stands for.
std::string decoded(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t bits = 0;
  int held = 0;
  for (char c : text.substr(0, text.find('='))) {
    bits = bits << 6 | static_cast<uint32_t>(digits.find(c));
    if ((held += 6) >= 8) bytes += static_cast<char>(bits >> (held -= 8));
  }
  return bytes;
}

TEST(ReportAsJson, HasTheKeysThatOthersRead) {
  base::Json json = to_json(report());
  EXPECT_THAT(keys(json), testing::ElementsAre("suite", "model", "clips", "scores", "by_language"));
  EXPECT_EQ(json["suite"], "composition");
  EXPECT_EQ(json["clips"], 400);
  EXPECT_THAT(keys(json["scores"]), testing::ElementsAre("object", "shape_iou"));
  const base::Json& object = json["scores"]["object"];
  EXPECT_THAT(keys(object), testing::ElementsAre("value", "low", "high", "chance", "ceiling", "clips"));
  EXPECT_EQ(object["value"], .8125);
  EXPECT_EQ(object["low"], .77);
  EXPECT_EQ(object["high"], .85);
  EXPECT_EQ(object["chance"], .03);
  EXPECT_EQ(object["ceiling"], .99);
  EXPECT_EQ(object["clips"], 400);
  EXPECT_TRUE(json["scores"]["shape_iou"]["chance"].is_null());
  EXPECT_EQ(json["by_language"]["zh"]["object"]["value"], .725);
}

TEST(ReportAsText, IsATableWithAColumnForEachLanguage) {
  std::string text = to_text(report());
  EXPECT_THAT(text, HasSubstr("composition, toy<box>, 400 clips\n"));
  EXPECT_THAT(text, testing::ContainsRegex("score +value +95% +chance +ceiling +en +zh\n"));
  EXPECT_THAT(text, testing::ContainsRegex("object +0.81 +0.77 to 0.85 +0.030 +0.99 +0.90 +0.72\n"));
  EXPECT_THAT(text, testing::ContainsRegex("shape_iou +0.50 +0.40 to 0.60 +- +0.88.*  overlap & \"more\"$"));
}

TEST(ReportAsHtml, EscapesEverythingThatIsSaid) {
  std::string page = to_html(report());
  EXPECT_THAT(page, HasSubstr("toy&lt;box&gt;"));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;a red circle&lt;/script&gt; &amp; 一只猫"));
  EXPECT_THAT(page, HasSubstr("overlap &amp; &quot;more&quot;"));
  EXPECT_THAT(page, HasSubstr("object &quot;right&quot;"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(testing::ContainsRegex("(src|href)=\"?http")));  // nothing is fetched
}

TEST(ReportAsHtml, HoldsTheStripsAsPictures) {
  Report r = report();
  std::string page = to_html(r), mark = "data:image/png;base64,";
  size_t start = page.find(mark) + mark.size();
  std::string bytes = decoded(page.substr(start, page.find('"', start) - start));
  Tensor strip = r.strips[0].frames;
  EXPECT_EQ(bytes, media::png(at::cat({strip[0], strip[1], strip[2]}, 1)));
}

}  // namespace
}  // namespace zoetrope::evaluation
