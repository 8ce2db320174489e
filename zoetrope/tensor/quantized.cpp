#include "zoetrope/tensor/quantized.h"

#include <algorithm>
#include <array>

#include "zoetrope/base/error.h"
#include "zoetrope/base/parallel.h"
#include "zoetrope/tensor/block_kernels.h"
#include "zoetrope/tensor/linear.h"

namespace zoetrope::tensor {
namespace {

constexpr int64_t numbers_at_once = 1 << 15;   // of a thread
constexpr int64_t numbers_in_cache = 1 << 12;  // between blocks and bf16

/// Runs `work(first block, blocks)` for all of `count` blocks, on all threads.
template <class Work>
void for_blocks(int64_t count, const BlockType& type, Work&& work) {
  const int64_t some = std::max<int64_t>(1, numbers_at_once / type.numbers);
  base::parallel_for((count + some - 1) / some, [&](int64_t i) { work(i * some, std::min(some, count - i * some)); });
}

int64_t columns_of(const Tensor& blocks, const BlockType& type) {
  return blocks.size(-1) / static_cast<int64_t>(type.bytes) * type.numbers;
}

/// Fills `numbers`, fp32 or bf16, from as many blocks; both contiguous and on the CPU.
void fill(const Tensor& blocks, const BlockType& type, const Tensor& numbers) {
  const auto* from = static_cast<const std::byte*>(blocks.const_data_ptr());
  const bool is_bf16 = numbers.scalar_type() == at::kBFloat16;
  float* to = is_bf16 ? nullptr : numbers.data_ptr<float>();
  c10::BFloat16* rounded = is_bf16 ? numbers.data_ptr<c10::BFloat16>() : nullptr;
  for_blocks(numbers.numel() / type.numbers, type, [&](int64_t first, int64_t count) {
    const std::byte* begin = from + first * static_cast<int64_t>(type.bytes);
    if (!is_bf16) return dequantize(type, begin, count, to + first * type.numbers);
    alignas(64) std::array<float, numbers_in_cache> some;
    const int64_t most = numbers_in_cache / type.numbers;
    for (int64_t done = 0; done < count; done += most) {
      const int64_t now = std::min(most, count - done);
      dequantize(type, begin + done * static_cast<int64_t>(type.bytes), now, some.data());
      round_to_bf16(some.data(), now * type.numbers, rounded + (first + done) * type.numbers);
    }
  });
}

}  // namespace

Tensor dequantize(const Tensor& blocks, const BlockType& type) {
  std::vector<int64_t> shape = blocks.sizes().vec();
  shape.back() = columns_of(blocks, type);
  Tensor numbers = at::empty(shape, at::kFloat);
  if (numbers.numel() > 0) fill(blocks.contiguous(), type, numbers);
  return numbers;
}

Tensor quantize(const Tensor& numbers, const BlockType& type) {
  const int64_t columns = numbers.size(-1);
  if (type.quantize == nullptr || columns % type.numbers != 0)
    throw base::Error("rows of {} numbers cannot be written as {}", columns, type.name);
  Tensor from = numbers.to(at::kCPU, at::kFloat).contiguous();
  std::vector<int64_t> shape = numbers.sizes().vec();
  shape.back() = static_cast<int64_t>(type.row_bytes(columns));
  Tensor blocks = at::empty(shape, at::kByte);
  if (numbers.numel() == 0) return blocks;
  for_blocks(numbers.numel() / type.numbers, type, [&](int64_t first, int64_t count) {
    type.quantize(from.const_data_ptr<float>() + first * type.numbers, count,
                  static_cast<std::byte*>(blocks.data_ptr()) + first * static_cast<int64_t>(type.bytes));
  });
  return blocks;
}

Tensor QuantizedLinear::apply(const Tensor& x) const {
  return linear_by_rows(x, weight_.size(0), bias_, [&](int64_t first, const Tensor& block) {
    const Tensor blocks = weight_.narrow(0, first, block.size(0));
    if (block.scalar_type() == at::kFloat || block.scalar_type() == at::kBFloat16) return fill(blocks, *type_, block);
    block.copy_(dequantize(blocks, *type_));
  });
}

Tensor QuantizedLinear::rows(const Tensor& ids) const { return dequantize(at::embedding(weight_, ids), *type_); }

}  // namespace zoetrope::tensor
