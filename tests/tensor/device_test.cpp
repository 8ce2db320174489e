#include "zoetrope/tensor/device.h"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::tensor {
namespace {

TEST(Device, ComputesInBf16OnlyWhereTheProcessorDoes) {
  EXPECT_EQ(compute_dtype("auto", at::kCPU, true), at::kBFloat16);
  EXPECT_EQ(compute_dtype("auto", at::kCPU, false), at::kFloat);
  EXPECT_EQ(compute_dtype("bf16", at::kCPU, true), at::kBFloat16);
  EXPECT_EQ(compute_dtype("fp32", at::kCPU, true), at::kFloat);
  EXPECT_EQ(compute_dtype("auto", at::kCUDA, false), at::kBFloat16);
  EXPECT_THROW(compute_dtype("fp16", at::kCPU, true), base::UsageError);
}

TEST(Device, WarnsWhenBf16WouldBeEmulated) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(compute_dtype("bf16", at::kCPU, false), at::kFloat);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "warning: this processor has no bf16 arithmetic; computing in fp32\n");
}

TEST(Device, AgreesWithTheKernelAboutTheProcessor) {
  std::ifstream file("/proc/cpuinfo");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.find("flags") == std::string::npos) GTEST_SKIP() << "no x86 flags in /proc/cpuinfo";
  EXPECT_EQ(has_bf16_hardware(), text.find("avx512_bf16") != std::string::npos || text.find("amx_bf16") != std::string::npos);
}

TEST(Device, ReadsNames) {
  EXPECT_EQ(parse_device("cpu"), at::Device(at::kCPU));
  if (!at::hasCUDA()) {
    EXPECT_EQ(parse_device("auto"), at::Device(at::kCPU));
  }
  EXPECT_THROW(parse_device("cuda:99"), base::UsageError);
  for (auto wrong : {"", "gpu", "cuda:", "cuda:-1", "cuda:1x", "cpu:0", "cuda:123456789012"}) {
    try {
      parse_device(wrong);
      ADD_FAILURE() << wrong;
    } catch (const base::UsageError& error) {
      EXPECT_EQ(error.what(), fmt::format("the device must be cpu, cuda, cuda:N or auto, got '{}'", wrong));
    }
  }
}

}  // namespace
}  // namespace zoetrope::tensor
