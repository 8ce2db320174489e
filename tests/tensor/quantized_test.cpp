#include "zoetrope/tensor/quantized.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/draw.h"
#include "tests/temporary_folder.h"
#include "zoetrope/tensor/block_kernels.h"
#include "zoetrope/tensor/build_model.h"
#include "zoetrope/tensor/gguf.h"
#include "zoetrope/tensor/linear.h"
#include "zoetrope/tensor/lora.h"

namespace zoetrope::tensor {
namespace {

using testing::HasSubstr;

/// Blocks [rows, bytes] of any bytes but for scales that are small numbers: halves have their exponent in the second byte.
Tensor random_blocks(const BlockType& type, int64_t rows, int64_t columns, uint64_t seed) {
  Tensor blocks =
      draw({rows, columns / type.numbers, static_cast<int64_t>(type.bytes)}, seed).mul(1000).to(at::kInt).remainder(256).to(at::kByte);
  const bool at_end = std::string_view(type.name) == "q6_k";
  for (int64_t half : at_end ? std::vector<int64_t>{208} : std::vector<int64_t>{0, 2}) blocks.select(2, half + 1).fill_(0x2c);
  return blocks.flatten(1);
}

TEST(BlockTypes, HaveTheNumbersOfTheirLayout) {
  for (const BlockType& type : block_types()) {
    EXPECT_EQ(find_block_type(type.name), &type);
    EXPECT_EQ(type.row_bytes(2 * type.numbers), 2 * type.bytes);
    Tensor numbers = dequantize(random_blocks(type, 3, 2 * type.numbers, 1), type);
    EXPECT_EQ(numbers.sizes(), (std::vector<int64_t>{3, 2 * type.numbers}));
    EXPECT_TRUE(numbers.isfinite().all().item<bool>()) << type.name;
    EXPECT_GT(numbers.std().item<float>(), 0) << type.name;
  }
  EXPECT_EQ(find_block_type("q3_k"), nullptr);
}

TEST(BlockTypes, ThatAreWrittenComeBackNearly) {
  Tensor numbers = draw({5, 64}, 1);
  numbers[2].zero_();
  for (auto [name, steps] : {std::pair{"q8_0", 127}, {"q5_0", 16}, {"q4_0", 8}}) {
    const BlockType& type = *find_block_type(name);
    Tensor back = dequantize(quantize(numbers, type), type);
    Tensor largest = numbers.view({5, 2, 32}).abs().amax(2, true);
    EXPECT_TRUE(((back - numbers).abs().view({5, 2, 32}) <= largest * (1.01 / steps)).all().item<bool>()) << name;
    EXPECT_TRUE(back[2].equal(numbers[2])) << name;
    EXPECT_TRUE(dequantize(quantize(back, type), type).allclose(back, 1e-3)) << name;
  }
}

TEST(BlockKernels, GiveTheBitsOfThePlainOnes) {
  Tensor rounding = draw({1003}, 3).mul(1e-3).exp();  // an odd size
  rounding[0] = 1 + 1. / 256, rounding[1] = 1 + 3. / 256, rounding[2] = -0., rounding[3] = 3.4e38, rounding[4] = INFINITY;
  for (Vectors vectors : {Vectors::avx2, Vectors::avx512_bf16}) {
    if (vectors > this_processor()) continue;
    for (const BlockType& type : block_types())
      for (int64_t blocks : {1, 23}) {
        Tensor data = random_blocks(type, 3, blocks * type.numbers, 5);
        std::vector<Tensor> numbers;
        for (Vectors used : {Vectors::none, vectors}) {
          numbers.push_back(at::empty({3, blocks * type.numbers}));
          dequantize(type, static_cast<const std::byte*>(data.const_data_ptr()), 3 * blocks, numbers.back().data_ptr<float>(), used);
        }
        EXPECT_TRUE(numbers[0].view(at::kInt).equal(numbers[1].view(at::kInt))) << type.name;
      }
    Tensor rounded = at::empty({1003}, at::kBFloat16);
    round_to_bf16(rounding.const_data_ptr<float>(), 1003, rounded.data_ptr<c10::BFloat16>(), vectors);
    EXPECT_TRUE(rounded.view(at::kShort).equal(rounding.to(at::kBFloat16).view(at::kShort)));
  }
}

TEST(QuantizedLinear, IsTheProductWithItsNumbers) {
  at::NoGradGuard no_grad;
  for (const BlockType& type : block_types()) {
    const int64_t in = 256, out = 700;  // more rows than are multiplied at once
    Tensor weight = random_blocks(type, out, in, 1), bias = draw({out}, 2), x = draw({2, 3, in}, 3), numbers = dequantize(weight, type);
    QuantizedLinear layer(weight, type, bias), without_bias(weight, type, {});
    EXPECT_TRUE(layer.apply(x).allclose(at::linear(x, numbers, bias), 1e-4, 1e-4)) << type.name;
    EXPECT_TRUE(without_bias.apply(x).allclose(at::linear(x, numbers), 1e-4, 1e-4)) << type.name;
    Tensor narrow = x.to(at::kBFloat16);
    EXPECT_TRUE(layer.apply(narrow).equal(linear_by_rows(narrow, out, bias, [&](int64_t first, const Tensor& block) {
      block.copy_(numbers.narrow(0, first, block.size(0)));
    }))) << type.name;
    Tensor ids = at::tensor({699L, 0L, 5L}).view({3, 1});
    EXPECT_TRUE(layer.rows(ids).equal(numbers.index_select(0, ids.flatten()).unsqueeze(1))) << type.name;
  }
}

/// A layer and a table in a GGUF file, and LoRA files for the layer.
struct GgufFile : testing::Test {
  GgufFile() {
    const BlockType* q8_0 = find_block_type("q8_0");
    numbers = dequantize(quantize(weight, *q8_0), *q8_0);
    write_gguf(folder / "x.gguf",
               {{"layer.weight", {{48, 64}, at::kFloat, q8_0, [this] { return weight; }}},
                {"layer.bias", {{48}, at::kHalf, nullptr, [this] { return bias; }}},
                {"patch.weight",
                 {{4, 2, 1, 2, 32},
                  at::kFloat,
                  q8_0,
                  [this] {
                    return weight.narrow(0, 0, 8).reshape({4, 2, 1, 2, 32});
                  }}}},
               {{"general.architecture", std::string("wan")}});
  }
  TemporaryFolder folder;
  Tensor weight = draw({48, 64}, 1), bias = draw({48}, 2).to(at::kHalf), x = draw({5, 64}, 3), numbers;
};

TEST_F(GgufFile, IsACheckpointWhoseMatricesStayInBlocks) {
  at::NoGradGuard no_grad;
  Checkpoint checkpoint(folder / "x.gguf");
  EXPECT_EQ(checkpoint.entry("layer.weight").shape, (std::vector<int64_t>{48, 64}));
  Tensor stored = checkpoint.get("layer.weight", {48, 64});
  EXPECT_EQ(stored.sizes(), (std::vector<int64_t>{48, 2 * 34}));
  auto kernel = checkpoint.kernel("layer", stored, checkpoint.get("layer.bias", {48}));
  EXPECT_TRUE(kernel->apply(x).allclose(at::linear(x, numbers, bias.to(at::kFloat)), 1e-5, 1e-5));
  EXPECT_TRUE(checkpoint.dequantized("layer.weight").equal(numbers));
  EXPECT_TRUE(checkpoint.get("patch.weight", {4, 2, 1, 2, 32}).equal(checkpoint.dequantized("patch.weight")))
      << "what is no matrix is given as numbers";
  EXPECT_EQ(checkpoint.get("patch.weight", {4, 2, 1, 2, 32}).scalar_type(), at::kFloat);
  EXPECT_THAT(complaint([&] { checkpoint.get("layer.weight", {64, 48}); }), HasSubstr("is [48,64] in the file, this model needs [64,48]"));
  EXPECT_THAT(complaint([&] { SafetensorsFile(folder / "x.gguf"); }), HasSubstr("is a GGUF file; a safetensors file is read here"));
}

TEST_F(GgufFile, TakesLorasOnTopOfItsBlocks) {
  at::NoGradGuard no_grad;
  Tensor down = draw({2, 64}, 4), up = draw({48, 2}, 5), diff = draw({48, 64}, 6);
  KeyStyle style{{{"layer.*", "layer.*"}}};
  write_safetensors(folder / "low.safetensors", {{"layer.lora_A.weight", down}, {"layer.lora_B.weight", up}});
  write_safetensors(folder / "whole.safetensors", {{"layer.diff", diff}});
  auto apply = [&](const std::vector<LoraSpec>& loras) {
    Checkpoint checkpoint(folder / "x.gguf");
    LoraWeights weights(checkpoint, loras, style);
    Tensor w = weights.get("layer.weight", {48, 64}), b = weights.get("layer.bias", {48});
    auto kernel = weights.kernel("layer", w, b);
    return kernel ? kernel->apply(x) : at::linear(x, w, b.to(at::kFloat));
  };
  auto meant = [&](const Tensor& w) { return at::linear(x, w, bias.to(at::kFloat)); };
  EXPECT_TRUE(apply({{folder / "low.safetensors", .5}}).allclose(meant(numbers + .5 * up.matmul(down)), 1e-5, 1e-4));
  EXPECT_TRUE(apply({{folder / "whole.safetensors", 2.}}).allclose(meant(numbers + 2 * diff), 1e-5, 1e-4));
  EXPECT_TRUE(apply({{folder / "low.safetensors", .5}, {folder / "whole.safetensors", 2.}})
                  .allclose(meant(numbers + .5 * up.matmul(down) + 2 * diff), 1e-5, 1e-4));
}

TEST_F(GgufFile, IsWrittenWholeOrNotAtAll) {
  auto fails = [this]() -> Tensor { throw base::Cancelled(); };
  EXPECT_THROW(write_gguf(folder / "y.gguf", {{"a", {{2}, at::kFloat, nullptr, fails}}}, {}), base::Cancelled);
  EXPECT_FALSE(std::filesystem::exists(folder / "y.gguf"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path), {}), 1);
}

}  // namespace
}  // namespace zoetrope::tensor
