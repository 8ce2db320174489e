#include "zoetrope/text/tokenizer.h"

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/temporary_folder.h"
#include "tests/text/vocabulary.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"

namespace zoetrope::text {
namespace {

struct TokenizerTest : testing::Test {
  TokenizerTest() { train_vocabulary(captions(), 500, folder / "spiece.model"); }
  TemporaryFolder folder;
};

TEST_F(TokenizerTest, HasTheSpecialIdsOfT5) {
  Tokenizer tokenizer(folder / "spiece.model");
  EXPECT_EQ(tokenizer.pad_id(), 0);
  EXPECT_EQ(tokenizer.end_id(), 1);
  EXPECT_EQ(tokenizer.unknown_id(), 2);
  EXPECT_GT(tokenizer.vocabulary_size(), 256 + 3);
  EXPECT_LE(tokenizer.vocabulary_size(), 500);
}

TEST_F(TokenizerTest, ComesBackFromTokensInBothLanguages) {
  Tokenizer tokenizer(folder / "spiece.model");
  for (std::string prompt : {"a red ball rolls over the night street.", "红色的球滚过雪地"}) {
    auto ids = tokenizer.encode(prompt);
    EXPECT_EQ(ids.back(), tokenizer.end_id());
    EXPECT_EQ(tokenizer.decode(ids), prompt);
  }
}

TEST_F(TokenizerTest, KnowsWholeWordsAndNothingLonger) {
  Tokenizer tokenizer(folder / "spiece.model");
  EXPECT_EQ(tokenizer.encode("a red ball rolls over the night street.").size(), 8 + 1 + 1u);  // words, full stop, </s>
  // A colour is the same token whatever has it, so what is learned of it holds for things never seen in it.
  auto red = tokenizer.encode("红色的球"), yellow = tokenizer.encode("黄色的球"), frog = tokenizer.encode("红色的青蛙");
  EXPECT_EQ(red[0], frog[0]);
  EXPECT_NE(red[0], yellow[0]);
  EXPECT_EQ(red[red.size() - 2], yellow[yellow.size() - 2]);
}

TEST_F(TokenizerTest, FoldsCaseAndWidth) {
  Tokenizer tokenizer(folder / "spiece.model");
  EXPECT_EQ(tokenizer.encode("A RED Ｂａｌｌ"), tokenizer.encode("  a red  ball "));
}

TEST_F(TokenizerTest, SpellsUnknownCharactersAsBytes) {
  Tokenizer tokenizer(folder / "spiece.model");
  auto ids = tokenizer.encode("ж🦩");
  EXPECT_EQ(std::count(ids.begin(), ids.end(), tokenizer.unknown_id()), 0);
  EXPECT_GE(ids.size(), 2 + 4 + 1u);
  EXPECT_EQ(tokenizer.decode(ids), "ж🦩");
}

TEST_F(TokenizerTest, GivesAnEmptyPromptItsEndAlone) {
  Tokenizer tokenizer(folder / "spiece.model");
  EXPECT_EQ(tokenizer.encode(""), std::vector<int64_t>{1});
  EXPECT_EQ(tokenizer.encode(" \t "), std::vector<int64_t>{1});
}

TEST_F(TokenizerTest, PadsToTheLongestPromptOrToTheLimit) {
  Tokenizer tokenizer(folder / "spiece.model");
  std::string prompt = "a dog falls on a meadow";
  auto row = tokenizer.encode(prompt);
  auto length = static_cast<int64_t>(row.size());

  Tokens tokens = tokenizer.batch({"", prompt}, 64);
  ASSERT_EQ(tokens.ids.sizes(), (at::IntArrayRef{2, length}));
  EXPECT_TRUE(at::equal(tokens.ids[1], at::tensor(row, at::kLong)));
  EXPECT_TRUE(at::equal(tokens.mask.sum(1), at::tensor({int64_t{1}, length}, at::kLong)));
  EXPECT_EQ(tokens.ids[0].sum().item<int64_t>(), tokenizer.end_id());  // padding is 0

  Tokens wide = tokenizer.batch({"", prompt}, 64, Tokenizer::Padding::to_limit);
  ASSERT_EQ(wide.ids.sizes(), (at::IntArrayRef{2, 64}));
  EXPECT_TRUE(at::equal(wide.ids.narrow(1, 0, length), tokens.ids));
  EXPECT_TRUE(at::equal(wide.mask.sum(1), tokens.mask.sum(1)));
}

TEST_F(TokenizerTest, CutsAtTheLimitAndKeepsTheEnd) {
  Tokenizer tokenizer(folder / "spiece.model");
  std::string prompt = "a yellow car slides across a snowy field";
  auto row = tokenizer.encode(prompt);
  Tokens tokens = tokenizer.batch({prompt}, 4);
  EXPECT_TRUE(at::equal(tokens.ids, at::tensor({row[0], row[1], row[2], int64_t{1}}, at::kLong).unsqueeze(0)));
  EXPECT_TRUE(at::equal(tokenizer.batch({prompt}, 1).ids, at::ones({1, 1}, at::kLong)));
  EXPECT_THROW(tokenizer.batch({prompt}, 0), base::UsageError);
}

TEST_F(TokenizerTest, TellsWhatIsBeyondTheLimit) {
  Tokenizer tokenizer(folder / "spiece.model");
  std::string prompt = "a red ball rolls over the night street";
  EXPECT_EQ(tokenizer.text_after_limit(prompt, 9), "");
  EXPECT_EQ(tokenizer.text_after_limit(prompt, 8), " street");
  EXPECT_EQ(tokenizer.text_after_limit(prompt, 4), " rolls over the night street");
  EXPECT_EQ(tokenizer.text_after_limit("", 1), "");
}

TEST_F(TokenizerTest, RefusesTokensOutsideTheVocabulary) {
  Tokenizer tokenizer(folder / "spiece.model");
  EXPECT_THROW(tokenizer.decode({tokenizer.vocabulary_size()}), base::Error);
  EXPECT_THROW(tokenizer.decode({-1}), base::Error);
}

TEST_F(TokenizerTest, RefusesBrokenModels) {
  std::string whole = base::read_file(folder / "spiece.model");
  base::write_file(folder / "half.model", whole.substr(0, whole.size() / 2));
  base::write_file(folder / "empty.model", "");
  base::write_file(folder / "text.model", "this is no model");
  for (const char* name : {"half.model", "empty.model", "text.model", "missing.model"})
    EXPECT_THROW(Tokenizer(folder / name), base::Error) << name;
}

TEST_F(TokenizerTest, NamesFilesAndFoldersOfOtherKinds) {
  auto said = [](const std::filesystem::path& path) { return complaint([&] { Tokenizer{path}; }); };
  base::write_file(folder / "text.model", "this is no model");
  EXPECT_EQ(said(folder / "text.model"), (folder / "text.model").string() + ": is a text file, not a SentencePiece model");
  for (const char* name : {"pointer.model", "tokenizer.json"}) {
    base::write_file(folder / name, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 4500000\n");
    EXPECT_EQ(said(folder / name),
              (folder / name).string() + ": is a pointer of git-lfs instead of the file itself; run `git lfs pull` in its folder");
  }
  base::write_file(folder / "wan/model_index.json", R"({"_class_name": "WanPipeline"})");
  EXPECT_EQ(said(folder / "wan"),
            (folder / "wan").string() +
                ": is a model of the class WanPipeline and contains no tokenizer, neither spiece.model nor tokenizer.json");
}

}  // namespace
}  // namespace zoetrope::text
