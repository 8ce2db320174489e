#include "zoetrope/tensor/quantized.h"

#include <algorithm>

#include "zoetrope/base/parallel.h"
#include "zoetrope/tensor/linear.h"

namespace zoetrope::tensor {
namespace {

constexpr int64_t numbers_at_once = 1 << 15;  // of a thread

/// Runs `work(first row, rows)` for all of `count` rows of so many columns, on all threads.
template <class Work>
void for_rows(int64_t count, int64_t columns, Work&& work) {
  const int64_t some = std::max<int64_t>(1, numbers_at_once / std::max<int64_t>(1, columns));
  base::parallel_for((count + some - 1) / some, [&](int64_t i) { work(i * some, std::min(some, count - i * some)); });
}

int64_t columns_of(const Tensor& blocks, const BlockType& type) {
  return blocks.size(-1) / static_cast<int64_t>(type.bytes) * type.numbers;
}

/// Fills `numbers` [rows, columns] fp32 from blocks [rows, bytes], both contiguous.
void fill(const Tensor& blocks, const BlockType& type, const Tensor& numbers) {
  TORCH_INTERNAL_ASSERT(blocks.is_cpu() && numbers.is_cpu() && blocks.is_contiguous() && numbers.is_contiguous());
  const int64_t columns = numbers.size(1), row_bytes = blocks.size(1);
  const auto* from = static_cast<const std::byte*>(blocks.const_data_ptr());
  auto* to = numbers.data_ptr<float>();
  for_rows(numbers.size(0), columns, [&](int64_t first, int64_t rows) {
    type.dequantize(from + first * row_bytes, rows * columns / type.numbers, to + first * columns);
  });
}

}  // namespace

Tensor dequantize(const Tensor& blocks, const BlockType& type) {
  std::vector<int64_t> shape = blocks.sizes().vec();
  shape.back() = columns_of(blocks, type);
  Tensor numbers = at::empty(shape, at::kFloat);
  if (numbers.numel() > 0) fill(blocks.contiguous().view({-1, blocks.size(-1)}), type, numbers.view({-1, shape.back()}));
  return numbers;
}

Tensor quantize(const Tensor& numbers, const BlockType& type) {
  const int64_t columns = numbers.size(-1);
  TORCH_INTERNAL_ASSERT(type.quantize != nullptr && columns % type.numbers == 0);
  Tensor from = numbers.to(at::kCPU, at::kFloat).contiguous();
  std::vector<int64_t> shape = numbers.sizes().vec();
  shape.back() = static_cast<int64_t>(type.row_bytes(columns));
  Tensor blocks = at::empty(shape, at::kByte);
  if (numbers.numel() == 0) return blocks;
  for_rows(numbers.numel() / columns, columns, [&](int64_t first, int64_t rows) {
    type.quantize(from.const_data_ptr<float>() + first * columns, rows * columns / type.numbers,
                  static_cast<std::byte*>(blocks.data_ptr()) + first * shape.back());
  });
  return blocks;
}

Tensor QuantizedLinear::apply(const Tensor& x) const {
  const int64_t columns = columns_of(weight_, *type_);
  Tensor numbers;  // in fp32, if the product is in another dtype
  return linear_by_rows(x, weight_.size(0), bias_, [&](int64_t first, const Tensor& block) {
    const Tensor blocks = weight_.narrow(0, first, block.size(0));
    if (block.scalar_type() == at::kFloat) return fill(blocks, *type_, block);
    if (!numbers.defined()) numbers = at::empty({block.size(0), columns}, at::kFloat);
    Tensor part = numbers.narrow(0, 0, block.size(0));
    fill(blocks, *type_, part);
    block.copy_(part);
  });
}

Tensor QuantizedLinear::rows(const Tensor& ids) const { return dequantize(at::embedding(weight_, ids), *type_); }

}  // namespace zoetrope::tensor
