#include "zoetrope/serving/policy.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"

namespace zoetrope::serving {
namespace {

using testing::HasSubstr;

struct PolicyTest : testing::Test {
  Policy policy(const std::string& text) {
    base::write_file(folder / "policy.toml", text);
    return Policy::read(folder / "policy.toml");
  }
  TemporaryFolder folder;
};

constexpr const char* weapons = R"([[refuse]]
reason.en = "no weapons"
reason.zh = "没有武器"
words.en = ["gun", "machine gun"]
words.zh = ["枪"]
patterns.en = ['\bkn(ife|ives)\b']
)";

TEST_F(PolicyTest, FindsWholeWordsInAnyFormAndTellsTheReasonInTheirLanguage) {
  const Policy p = policy(weapons);
  for (const char* text :
       {"a gun", "A GUN!", "gun-shaped", "a ｇｕｎ", "a g\u200bun", "a g\u00adun", "a machine   gun", "two knives", "枪 and gun"})
    EXPECT_EQ(p.refusal(text), "no weapons") << text;
  for (const char* text : {"一把枪", "手枪和花", "a 枪 here"}) EXPECT_EQ(p.refusal(text), "没有武器") << text;
  for (const char* text : {"", "a red heart", "a gunner", "begun", "gung ho", "knifelike", "一只猫"})
    EXPECT_EQ(p.refusal(text), std::nullopt) << text;
  EXPECT_EQ(Policy().refusal("a gun"), std::nullopt);
}

TEST_F(PolicyTest, ReadsEveryTextThatDecidesWhatIsSeen) {
  const Policy p = policy(weapons);
  auto field = [&](const generation::Request& r) {
    const auto refused = p.refused(r);
    return refused ? refused->field : "";
  };
  generation::Request r;
  r.prompt = "a heart", r.negative_prompt = "gun", r.guidance_scale = 5;
  EXPECT_EQ(field(r), "") << "what is led away from is not seen";
  r.guidance_scale = 0;
  EXPECT_EQ(field(r), "negative_prompt") << "what is led away from is all that is seen";
  r.guidance_scale = 5, r.prompts = {{2, "it holds a gun"}};
  EXPECT_EQ(field(r), "prompts");
  r.prompt = "a gun";
  EXPECT_EQ(field(r), "prompt");
}

TEST_F(PolicyTest, APatternThatWorksForEverRefuses) {
  const Policy p = policy("[[refuse]]\nreason.en = \"no\"\npatterns.en = ['^(a+)+$']\n");
  EXPECT_EQ(p.refusal(std::string(60, 'a') + "!"), "no");
  EXPECT_EQ(p.refusal("b"), std::nullopt);
}

TEST_F(PolicyTest, AWrongFileIsNamedWithItsLine) {
  const std::pair<const char*, const char*> wrong[] = {
      {"[[refuse]\n", "policy.toml:1: "},
      {"[[refuse]]\nwords.en = ['a']\n", "has no reason: say why"},
      {"[[refuse]]\nreason.en = 'a'\n", "line 1 has neither words nor patterns"},
      {"[[refuse]]\nreason.en = 'a'\nwords = ['gun']\n", "its 'words' must have a text per language"},
      {"[[refuse]]\nreason.en = 'a'\nwords.en = [3]\n", "its 'words'.en must be a text, or a list of texts"},
      {"[[refuse]]\nreason.en = 'a'\nwords.en = ['\u200b']\n", "has a word without a letter"},
      {"[[refuse]]\nreason.en = 'a'\npatterns.en = ['(']\n", "has the pattern '(', which is none"},
      {"[[refuse]]\nreason.en = 'a'\nword.en = ['gun']\n", "its 'word' is not known"},
      {"[refuse]\n", "a policy has [[refuse]] alone"},
  };
  for (const auto& [text, words] : wrong) EXPECT_THAT(complaint<base::UsageError>([&, text = text] { policy(text); }), HasSubstr(words));
}

TEST_F(PolicyTest, TheExampleOfASchoolIsOne) {
  const Policy p = Policy::read("deploy/policy-school.toml");
  for (const char* text : {"a knife fight", "they shoot at the moon", "一把手枪", "my classmate dances", "我的老师在跳舞", "a nude statue"})
    EXPECT_TRUE(p.refusal(text)) << text;
  for (const char* text : {"a penguin hops on a beach", "a red heart", "一只企鹅在沙滩上跳", "she shows the class a killer whale"})
    EXPECT_FALSE(p.refusal(text)) << text;
}

}  // namespace
}  // namespace zoetrope::serving
