#include <random>

#include <gtest/gtest.h>

#include "tests/fuzz/safetensors_law.h"
#include "tests/tensor/safetensors_bytes.h"

namespace zoetrope::tensor {
namespace {

constexpr size_t data_bytes = 29;
/// A header that is nearly right.
std::string mutated(std::mt19937& random) {
  static const std::vector<std::string> tokens{"[",
                                               "]",
                                               "{",
                                               "}",
                                               ",",
                                               ":",
                                               "\"",
                                               "0",
                                               "9223372036854775807",
                                               "18446744073709551616",
                                               "-1",
                                               "\"a\"",
                                               "1e9",
                                               "\"shape\"",
                                               "\"dtype\"",
                                               "null",
                                               "\\u0000",
                                               "\xc3",
                                               "F64",
                                               "BOOL"};
  std::string header = valid_header;
  for (auto edits = 1 + random() % 3; edits > 0; --edits) {
    size_t at = random() % header.size();
    switch (random() % 4) {
      case 0:
        header[at] = static_cast<char>(random());
        break;
      case 1:
        header.erase(at, 1 + random() % 8);
        break;
      case 2:
        header.insert(at, tokens[random() % tokens.size()]);
        break;
      case 3:
        header[at] = static_cast<char>('0' + random() % 10);
        break;
    }
    if (header.empty()) header = "{";
  }
  return header;
}

TEST(SafetensorsHeader, KeepsItsLawUnderMutations) {
  std::mt19937 random(7);
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = safetensors_bytes(mutated(random), data_bytes);
    if (random() % 8 == 0) bytes[random() % 8] = static_cast<char>(random());  // the length
    accepted += safetensors_law(as_bytes(bytes));
  }
  EXPECT_GT(accepted, 100) << "else the mutations are too wild to reach the later checks";
}

TEST(SafetensorsHeader, KeepsItsLawWhereverTheFileIsCut) {
  std::string bytes = safetensors_bytes(valid_header, data_bytes);
  EXPECT_TRUE(safetensors_law(as_bytes(bytes)));
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(safetensors_law(as_bytes(bytes).first(size))) << size;
}

}  // namespace
}  // namespace zoetrope::tensor
