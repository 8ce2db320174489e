#pragma once
#include "zoetrope/base/random.h"
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/tensor/lora.h"

namespace zoetrope::training {

/// The weights of a checkpoint, frozen, with trainable updates of low rank beside its linear layers (LoRA, Hu et al. 2021). They begin as
/// no change: `down` is random and `up` zero. Layers that are hardly larger than the updates have none.
class LowRankWeights : public tensor::WeightSource {
 public:
  LowRankWeights(tensor::Checkpoint& base, int64_t rank, uint64_t seed);

  Tensor get(const std::string& name, at::IntArrayRef shape) override { return base_.get(name, shape); }
  bool has(const std::string& name) const override { return base_.has(name); }
  std::shared_ptr<const tensor::LinearKernel> kernel(const std::string& layer, const Tensor& weight, const Tensor& bias) override;

  /// The updates of all layers that were built, as fp32 leaves that require gradients, by the names that diffusers gives them:
  /// `LAYER.lora_A.weight` [r,in] and `LAYER.lora_B.weight` [out,r].
  const std::map<std::string, Tensor>& parameters() const { return parameters_; }

 private:
  tensor::Checkpoint& base_;
  int64_t rank_;
  at::Generator generator_;
  std::map<std::string, Tensor> parameters_;
};

}  // namespace zoetrope::training
