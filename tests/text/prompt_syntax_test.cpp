#include "zoetrope/text/prompt_syntax.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

namespace zoetrope::text {
namespace {

using testing::ElementsAre;

TEST(PromptSyntax, GivesLoraTags) {
  std::string prompt = "<lora:style:0.8> a red <lora:dir/more.safetensors> ball <lora:less:-.5>";
  EXPECT_THAT(take_lora_tags(prompt), ElementsAre(LoraTag{"style", .8}, LoraTag{"dir/more.safetensors", 1}, LoraTag{"less", -.5}));
  EXPECT_EQ(prompt, "a red ball");
  for (std::string plain : {"a <b> ball ", "<lora:>", "<lora:a:b>", "<lora:a:0.5", "lora:a"}) {
    const std::string before = plain;
    EXPECT_THAT(take_lora_tags(plain), ElementsAre()) << before;
    EXPECT_EQ(plain, before);
  }
}

TEST(PromptSyntax, OfWeightsIsTakenAsTextAndSaidSo) {
  EXPECT_EQ(syntax_taken_as_text("(a blue star:1.5) flies over the ((desert))"),
            "'(a blue star:1.5)', '((desert))' are taken as text: brackets give words no weight here");
  EXPECT_EQ(syntax_taken_as_text("a [cat]"), "'[cat]' is taken as text: brackets give words no weight here");
  EXPECT_EQ(syntax_taken_as_text("a cat <lora:style:0.8>"), "'<lora:style:0.8>' is taken as text: LoRA files are named beside the prompt");
  for (const char* plain : {"", "a cat (sleeping)", "at 10:30 (or 11:15)", "a cat :)", "一只小狗（可爱）"})
    EXPECT_EQ(syntax_taken_as_text(plain), "") << plain;
}

TEST(PromptSyntax, OfALongPromptIsSearchedInItsBeginning) {
  std::string prompt(60000, '(');
  EXPECT_EQ(syntax_taken_as_text(prompt), "");
  EXPECT_THAT(take_lora_tags(prompt), ElementsAre());
}

}  // namespace
}  // namespace zoetrope::text
