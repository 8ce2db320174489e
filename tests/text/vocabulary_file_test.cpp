#include "zoetrope/text/vocabulary_file.h"

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/temporary_folder.h"
#include "tests/text/vocabulary.h"
#include "zoetrope/base/files.h"
#include "zoetrope/text/tokenizer.h"

namespace zoetrope::text {
namespace {

/// A field with a length of its own, as protobuf writes it.
std::string field(int number, const std::string& content) {
  std::string out(1, static_cast<char>(number << 3 | 2));
  for (size_t rest = content.size(); rest >= 0x80 || (out += static_cast<char>(rest), false); rest >>= 7)
    out += static_cast<char>(rest | 0x80);
  return out + content;
}

/// A model whose character map has the `units` as its trie and `texts` behind it.
std::string model(const std::vector<uint32_t>& units, const std::string& texts) {
  auto length = static_cast<uint32_t>(4 * units.size());
  std::string map(reinterpret_cast<const char*>(&length), 4);
  map.append(reinterpret_cast<const char*>(units.data()), length);
  return field(3, field(1, "rule") + field(2, map + texts));
}

/// A map from 'a' to the text at `value`: the root leads to the block at 256, whose 'a' leads to the block at 512, where the value is.
std::vector<uint32_t> trie(uint32_t value) {
  std::vector<uint32_t> units(768);
  units[0] = 256u << 10;
  units[256 ^ 'a'] = ((256u ^ 'a') ^ 512u) << 10 | 1u << 8 | 'a';
  units[512] = 1u << 31 | value;
  return units;
}

std::string refusal(const std::string& bytes) {
  return complaint([&] { check_vocabulary_file(bytes, "x.model"); });
}

TEST(CheckVocabularyFile, TakesWhatTheTrainerWrites) {
  TemporaryFolder folder;
  train_vocabulary(captions(), 400, folder / "x.model");
  EXPECT_EQ(refusal(base::read_file(folder / "x.model")), "");
}

TEST(CheckVocabularyFile, TakesAModelWithoutMap) {
  EXPECT_EQ(refusal(field(1, "piece") + field(3, field(1, "identity") + field(2, ""))), "");
}

TEST(CheckVocabularyFile, TakesASoundMap) { EXPECT_EQ(refusal(model(trie(2), std::string("b\0cd\0", 5))), ""); }

TEST(CheckVocabularyFile, RefusesMapsThatLeadOutOfBounds) {
  EXPECT_NE(refusal(model(trie(5), std::string("b\0cd\0", 5))), "") << "a value behind the texts";
  EXPECT_NE(refusal(model(trie(2), "b cd")), "") << "a text without end";
  auto far = trie(2);
  far[0] = 1024u << 10;
  EXPECT_NE(refusal(model(far, std::string("b\0", 2))), "") << "a branch behind the trie";
  auto lost = trie(0);
  lost[256 ^ 'a'] |= 1u << 21;
  EXPECT_NE(refusal(model(lost, std::string("b\0", 2))), "");
  EXPECT_NE(refusal(model({}, std::string("b\0", 2))), "") << "no trie";
  EXPECT_NE(refusal(field(3, field(2, "abc"))), "") << "no length";
  EXPECT_NE(refusal(field(5, field(2, "abc"))), "") << "the denormaliser's map counts as well";
}

TEST(CheckVocabularyFile, RefusesWhatIsNoProtobuf) {
  EXPECT_NE(refusal("this is no model").find("x.model"), std::string::npos);
  EXPECT_NE(refusal(field(1, "piece").substr(0, 4)), "");
  EXPECT_NE(refusal(std::string(12, '\xff')), "");
}

TEST(CheckVocabularyFile, RefusesEveryFlippedBitThatCouldHarm) {
  std::string whole = model(trie(2), std::string("b\0cd\0", 5));
  size_t refused = 0;
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    refused += !refusal(flipped).empty();  // and reads nothing out of bounds: the sanitizers watch
  }
  EXPECT_GT(refused, whole.size());
}

}  // namespace
}  // namespace zoetrope::text
