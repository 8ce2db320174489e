#include "zoetrope/text/tokenizer_json.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/files.h"
#include "zoetrope/text/tokenizer.h"

namespace zoetrope::text {
namespace {

base::Json small() {
  return base::Json::parse(R"({
    "added_tokens": [{"content": "<pad>", "special": true}, {"content": "</s>", "special": true}],
    "pre_tokenizer": {"type": "Metaspace", "prepend_scheme": "always"},
    "model": {"type": "Unigram", "unk_id": 2,
              "vocab": [["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0], ["▁red", -1.0], ["▁", -2.0], ["fox", -2.5], ["f", -4.0]]}})");
}

TEST(TokenizerJson, BecomesTheSentencePieceModelItWasMadeFrom) {
  TemporaryFolder folder;
  base::write_file(folder / "tokenizer.json", small().dump());
  Tokenizer tokenizer(folder.path);
  EXPECT_EQ(tokenizer.vocabulary_size(), 7);
  EXPECT_EQ(tokenizer.pad_id(), 0);
  EXPECT_EQ(tokenizer.end_id(), 1);
  EXPECT_EQ(tokenizer.unknown_id(), 2);
  EXPECT_EQ(tokenizer.encode("red fox q"), (std::vector<int64_t>{3, 4, 5, 4, 2, 1}));
}

TEST(TokenizerJson, IsRefusedWhereItIsNone) {
  auto refusal = [](const base::Json& json) { return complaint([&] { sentencepiece_of(json, "x/tokenizer.json"); }); };
  base::Json other = small(), broken = small(), no_base64 = small();
  other["model"]["type"] = "BPE";
  broken["model"]["vocab"][3] = 7;
  no_base64["normalizer"] = {{"type", "Precompiled"}, {"precompiled_charsmap", "a*b"}};
  EXPECT_EQ(refusal(small()), "");
  EXPECT_THAT(refusal({}), testing::HasSubstr("is not a Unigram tokenizer"));
  EXPECT_THAT(refusal(other), testing::HasSubstr("is not a Unigram tokenizer"));
  EXPECT_THAT(refusal(broken), testing::HasSubstr("x/tokenizer.json: is a damaged tokenizer"));
  EXPECT_THAT(refusal(no_base64), testing::HasSubstr("not valid base64"));
}

}  // namespace
}  // namespace zoetrope::text
