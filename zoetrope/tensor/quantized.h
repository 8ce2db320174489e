#pragma once
#include "zoetrope/tensor/block_types.h"
#include "zoetrope/tensor/weights.h"

namespace zoetrope::tensor {

/// The numbers [..., columns] in fp32 of blocks [..., bytes of a row] on the CPU.
Tensor dequantize(const Tensor& blocks, const BlockType& type);

/// The blocks [..., bytes of a row] of numbers [..., columns], whose rows are a whole number of blocks. The type must be one that can be
/// written.
Tensor quantize(const Tensor& numbers, const BlockType& type);

/// y = x W^T + b, and rows of W, with W [out, bytes of a row] in blocks, mapped. A few rows at a time are numbers, while they are
/// multiplied.
class QuantizedLinear : public LinearKernel {
 public:
  QuantizedLinear(Tensor weight, const BlockType& type, Tensor bias) : weight_(std::move(weight)), type_(&type), bias_(std::move(bias)) {}
  Tensor apply(const Tensor& x) const override;
  Tensor rows(const Tensor& ids) const override;

 private:
  Tensor weight_;
  const BlockType* type_;
  Tensor bias_;
};

}  // namespace zoetrope::tensor
