#include "zoetrope/training/low_rank.h"

#include <algorithm>
#include <cmath>

namespace zoetrope::training {

LowRankWeights::LowRankWeights(tensor::Checkpoint& base, int64_t rank, uint64_t seed)
    : WeightSource(base.placement()), base_(base), rank_(rank), generator_(base::generator(seed)) {}

std::shared_ptr<const tensor::LinearKernel> LowRankWeights::kernel(const std::string& layer, const Tensor& weight, const Tensor& bias) {
  auto plain = base_.kernel(layer, weight, bias);
  const int64_t out = weight.size(0), in = weight.size(1);
  if (std::min(out, in) < 4 * rank_) return plain;
  auto leaf = [&](const std::string& name, Tensor value) {
    return parameters_.emplace(layer + name, value.to(placement_.device).requires_grad_(true)).first->second;
  };
  Tensor down = leaf(".lora_A.weight", base::randn({rank_, in}, generator_) / std::sqrt(static_cast<double>(in)));
  Tensor up = leaf(".lora_B.weight", at::zeros({out, rank_}));
  return tensor::low_rank_kernel(std::move(plain), weight, bias, {{down, up, 1}});
}

}  // namespace zoetrope::training
