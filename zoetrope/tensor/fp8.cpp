#include "zoetrope/tensor/fp8.h"

#include <algorithm>
#include <array>

#include "zoetrope/tensor/linear.h"

namespace zoetrope::tensor {
namespace {

/// Whether `name` is `last`, or a place that ends in it.
bool ends_in(std::string_view name, std::string_view last) {
  return name == last || (name.ends_with(last) && name[name.size() - last.size() - 1] == '.');
}

}  // namespace

std::string scale_of(const std::string& name) {
  constexpr std::string_view weight = "weight";
  return ends_in(name, weight) ? name.substr(0, name.size() - weight.size()) + scale_name : std::string();
}

std::string name_of_scale(const std::string& name) {
  constexpr std::string_view older = "scale_weight";
  return ends_in(name, older) ? name.substr(0, name.size() - older.size()) + scale_name : name;
}

bool is_fp8_hint(const std::string& name) {
  static constexpr std::array hints{"scaled_fp8", "scale_input", "input_scale", "comfy_quant"};
  return std::ranges::any_of(hints, [&](const char* hint) { return ends_in(name, hint); });
}

bool fits_rows(at::IntArrayRef scale, int64_t rows) {
  int64_t numbers = c10::multiply_integers(scale);
  return numbers == 1 || (numbers == rows && scale[0] == rows);
}

Tensor ScaledLinear::apply(const Tensor& x) const {
  Tensor y = tensor::linear(x, weight_, {}).mul_(scale_.to(x.scalar_type()));
  return bias_.defined() ? y.add_(bias_.to(x.scalar_type())) : y;
}

Tensor ScaledLinear::rows(const Tensor& ids) const {
  Tensor of_rows = scale_.numel() == 1 ? scale_.view({1}) : at::embedding(scale_.view({-1, 1}), ids);
  return at::embedding(weight_, ids).to(at::kFloat) * of_rows.to(at::kFloat);
}

}  // namespace zoetrope::tensor
