#include "zoetrope/tensor/shards.h"

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/tensor/checkpoint.h"

namespace zoetrope::tensor {
namespace {

std::map<std::string, TensorToWrite> tensors() {
  std::map<std::string, TensorToWrite> all;
  for (int64_t i = 0; i < 4; ++i)
    all[fmt::format("t{}", i)] = {{10 + i}, at::kFloat, [i] { return at::full({10 + i}, static_cast<double>(i)); }};
  return all;
}

void expect_all(const std::filesystem::path& folder) {
  Checkpoint checkpoint(folder);
  EXPECT_EQ(checkpoint.names().size(), 4u);
  for (int64_t i = 0; i < 4; ++i)
    EXPECT_TRUE(checkpoint.get(fmt::format("t{}", i), {10 + i}).equal(at::full({10 + i}, static_cast<double>(i))));
}

TEST(Shards, AreOneFileWhereAllFits) {
  TemporaryFolder folder;
  write_shards(folder.path, "model", tensors(), 1000);
  EXPECT_TRUE(std::filesystem::exists(folder / "model.safetensors"));
  expect_all(folder.path);
}

TEST(Shards, AreAsLargeAsTheLimitAndListedInTheIndex) {
  TemporaryFolder folder;
  write_shards(folder.path, "diffusion_pytorch_model", tensors(), 90);  // 40 and 44 bytes fit together, 48 and 52 do not
  EXPECT_TRUE(std::filesystem::exists(folder / "diffusion_pytorch_model-00003-of-00003.safetensors"));
  EXPECT_EQ(SafetensorsFile(folder / "diffusion_pytorch_model-00001-of-00003.safetensors").names().size(), 2u);
  expect_all(folder.path);
}

}  // namespace
}  // namespace zoetrope::tensor
