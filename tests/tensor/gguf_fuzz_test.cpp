#include <random>

#include <gtest/gtest.h>

#include "tests/fuzz/gguf_law.h"
#include "tests/tensor/gguf_bytes.h"

namespace zoetrope::tensor {
namespace {

/// A file that is nearly right.
std::string mutated_gguf(std::mt19937& random) {
  static const std::vector<uint64_t> numbers{0, 1, 2, 32, 255, uint64_t{1} << 31, uint64_t{1} << 32, uint64_t{1} << 62, ~uint64_t{0}};
  std::string bytes = valid_gguf();
  const size_t header = bytes.size() - 184;
  for (auto edits = 1 + random() % 3; edits > 0; --edits) {
    size_t at = random() % header;
    switch (random() % 4) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes.erase(at, 1 + random() % 8);
        break;
      case 2: {
        uint64_t number = numbers[random() % numbers.size()];
        bytes.replace(at, sizeof(number), reinterpret_cast<const char*>(&number), sizeof(number));
        break;
      }
      case 3:
        bytes[at] = static_cast<char>(random() % 16);
        break;
    }
  }
  return bytes;
}

TEST(GgufHeader, KeepsItsLawUnderMutations) {
  std::mt19937 random(7);
  int accepted = 0;
  for (int round = 0; round < 30'000; ++round) accepted += gguf_law(bytes_of_gguf(mutated_gguf(random)));
  EXPECT_GT(accepted, 100) << "else the mutations are too wild to reach the later checks";
}

TEST(GgufHeader, KeepsItsLawWhereverTheFileIsCut) {
  const std::string bytes = valid_gguf();
  EXPECT_TRUE(gguf_law(bytes_of_gguf(bytes)));
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(gguf_law(bytes_of_gguf(bytes).first(size))) << size;
}

}  // namespace
}  // namespace zoetrope::tensor
