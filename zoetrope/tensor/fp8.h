#pragma once
#include <string>

#include "zoetrope/tensor/weights.h"

namespace zoetrope::tensor {

/// How files of fp8 (ComfyUI's, and those that its tools write) name what stands beside a layer's `weight`: `weight_scale`, one number or
/// one a row, by which the weight is to be multiplied; and hints for hardware that multiplies in fp8, which nothing here needs.
inline constexpr const char* scale_name = "weight_scale";
/// What the scale of the parameter `name` is called, "layer.weight_scale" for "layer.weight"; empty where it is no weight.
std::string scale_of(const std::string& name);
/// The name that is in use today: older files say `scale_weight`.
std::string name_of_scale(const std::string& name);
bool is_fp8_hint(const std::string& name);
/// Whether a scale of this shape is one number, or one for each of `rows`.
bool fits_rows(at::IntArrayRef scale, int64_t rows);

/// y = (x W^T) * scale + b, with W [out,in] mapped in fp8 and scale [1] or [out].
class ScaledLinear : public LinearKernel {
 public:
  ScaledLinear(Tensor weight, Tensor scale, Tensor bias) : weight_(std::move(weight)), scale_(std::move(scale)), bias_(std::move(bias)) {}
  Tensor apply(const Tensor& x) const override;
  Tensor rows(const Tensor& ids) const override;

 private:
  Tensor weight_, scale_, bias_;
};

}  // namespace zoetrope::tensor
