#include "zoetrope/generation/limits.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/model/tiny_model.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/generation/check.h"

namespace zoetrope::generation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A model that was trained on cats and balls.
struct LimitsTest : testing::Test {
  LimitsTest() {
    test::write_tiny_model(folder / "model");
    const base::Json captions{{"things", {{"cat", {"cat", "小猫"}}, {"soccer ball", {"soccer ball", "football"}}}},
                              {"words", {"a", "cat", "soccer", "ball", "football", "rolls", "and", "小", "猫", "一", "只"}}};
    const base::Json world{{"objects", {"cat", "soccer ball"}},
                           {"shapes", {"star"}},
                           {"colours", {"red"}},
                           {"scenes", {"beach"}},
                           {"motions", {"rolls"}},
                           {"max_objects", 1}};
    base::Json settings = base::read_json(folder / "model/zoetrope.json");
    settings["trained_on"] = {{"world", world}, {"captions", captions}};
    base::write_file(folder / "model/zoetrope.json", settings.dump());
    load();
  }
  void load() { model.emplace(model::Model::load(folder / "model", {})); }
  std::vector<std::string> told(const std::string& prompt, const std::function<void(Request&)>& change = {}) {
    Request r = default_request(*model);
    r.prompt = prompt;
    if (change) change(r);
    return limits(r, *model);
  }
  TemporaryFolder folder;
  std::optional<model::Model> model;
};

TEST_F(LimitsTest, AreSilentAboutWhatTheModelKnows) {
  for (const char* known : {"", "A cat rolls.", "一只小猫", "a soccer ball rolls", "football"})
    EXPECT_THAT(told(known), ElementsAre()) << known;
  EXPECT_THAT(told("a cat", [](Request& r) { r.width = 48, r.frames = 5; }), ElementsAre());
  EXPECT_THAT(told("a cat", [](Request& r) { r.frames = 33; }), ElementsAre()) << "in windows of its own length";
}

TEST_F(LimitsTest, NameWordsThatNoCaptionHas) {
  EXPECT_THAT(
      told("a dragon and a Tractor"),
      ElementsAre("this model was never told of 'dragon' and 'tractor'; it knows objects (cat, soccer ball), shapes (star), colours "
                  "(red), scenes (beach) and motions (rolls)"));
  EXPECT_THAT(told("一只小狗"), ElementsAre(HasSubstr("never told of '狗'; it knows")));
  EXPECT_THAT(told("b c d e f g h i j k"), ElementsAre(HasSubstr("'h' and 'i' and 2 other words; it knows")));
}

TEST_F(LimitsTest, NameASecondThing) {
  EXPECT_THAT(told("a cat and a soccer ball"),
              ElementsAre("this model was trained on clips of one thing at a time, and the prompt names 2: cat and soccer ball"));
  EXPECT_THAT(told("小猫小猫"), ElementsAre(HasSubstr("names 2: cat and cat")));
}

TEST_F(LimitsTest, NameASizeALengthAndARateThatTheModelNeverSaw) {
  EXPECT_THAT(
      told("a cat",
           [](Request& r) {
             r.height = 48, r.frames = 13, r.fps = {24, 1};
           }),
      ElementsAre("this model was trained on clips of 32x32, 48x32, up to 9 frames, at 8 per second: 32x48 pixels, 13 frames and 24 "
                  "frames per second may look worse"));
  base::Json settings = base::read_json(folder / "model/zoetrope.json");
  settings.erase("trained_on");
  base::write_file(folder / "model/zoetrope.json", settings.dump());
  load();  // other models make more than they tell of
  auto odd = [](Request& r) { r.height = 48, r.frames = 13, r.fps = {10, 1}; };
  EXPECT_THAT(told("a dragon", odd), ElementsAre());
  EXPECT_THAT(told("a dragon", [](Request& r) { r.fps = {30, 1}; }), ElementsAre(HasSubstr(": 30 frames per second may look worse")));
}

}  // namespace
}  // namespace zoetrope::generation
