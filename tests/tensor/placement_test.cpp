#include "zoetrope/tensor/placement.h"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::tensor {
namespace {

TEST(Placement, ComputesInBf16OnlyWhereTheDeviceDoes) {
  EXPECT_EQ(parse_dtype("auto", true), at::kBFloat16);
  EXPECT_EQ(parse_dtype("auto", false), at::kFloat);
  EXPECT_EQ(parse_dtype("bf16", true), at::kBFloat16);
  EXPECT_EQ(parse_dtype("fp32", true), at::kFloat);
  EXPECT_THROW(parse_dtype("fp16", true), base::UsageError);
}

TEST(Placement, WarnsWhenBf16WouldBeEmulated) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(parse_dtype("bf16", false), at::kFloat);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "warning: this device has no bf16 arithmetic; computing in fp32\n");
}

TEST(Placement, AgreesWithTheKernelAboutTheProcessor) {
  std::ifstream file("/proc/cpuinfo");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.find("flags") == std::string::npos) GTEST_SKIP() << "no x86 flags in /proc/cpuinfo";
  EXPECT_EQ(has_bf16(at::kCPU), text.find("avx512_bf16") != std::string::npos || text.find("amx_bf16") != std::string::npos);
}

TEST(Placement, ReadsNames) {
  EXPECT_EQ(parse_placement("cpu", "fp32").device, at::Device(at::kCPU));
  EXPECT_EQ(parse_placement("cpu", "fp32").dtype, at::kFloat);
  if (!at::hasCUDA()) {
    EXPECT_EQ(parse_placement("auto", "fp32").device, at::Device(at::kCPU));
  }
  EXPECT_THROW(parse_placement("cuda:99", "auto"), base::UsageError);
  for (auto wrong : {"", "gpu", "cuda:", "cuda:-1", "cuda:1x", "cpu:0", "cuda:123456789012"}) {
    try {
      parse_placement(wrong, "auto");
      ADD_FAILURE() << wrong;
    } catch (const base::UsageError& error) {
      EXPECT_EQ(error.what(), fmt::format("the device must be cpu, cuda, cuda:N or auto, got '{}'", wrong));
    }
  }
}

}  // namespace
}  // namespace zoetrope::tensor
