#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "tests/text/vocabulary.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/text/tokenizer.h"

namespace zoetrope::text {
namespace {

TEST(TrainVocabulary, LearnsTheSameVocabularyTwice) {
  TemporaryFolder folder;
  for (const char* name : {"first.model", "again.model"}) train_vocabulary(captions(), 500, folder / name);
  EXPECT_EQ(base::read_file(folder / "first.model"), base::read_file(folder / "again.model"));
}

TEST(TrainVocabulary, WordsOfBothLanguagesArePiecesThatCanBeCombinedAnew) {
  TemporaryFolder folder;
  train_vocabulary(captions(), 500, folder / "words.model");
  Tokenizer tokenizer(folder / "words.model");
  auto pieces = [&](const char* prompt) { return std::ssize(tokenizer.encode(prompt)) - 1; };  // without </s>
  EXPECT_EQ(pieces("green horse slides"), 3);
  EXPECT_LE(pieces("红色的青蛙"), 4);
  EXPECT_GT(pieces("xylophone"), 3);  // unknown words are spelled
}

TEST(TrainVocabulary, SaysWhatIsMissing) {
  TemporaryFolder folder;
  EXPECT_THROW(train_vocabulary({}, 500, folder / "none.model"), base::Error);
  EXPECT_THROW(train_vocabulary(captions(), 20, folder / "small.model"), base::Error);
  EXPECT_THROW(train_vocabulary({"\xff\xfe"}, 500, folder / "bytes.model"), base::Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path));
}

}  // namespace
}  // namespace zoetrope::text
