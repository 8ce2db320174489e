#pragma once
#include <functional>
#include <map>

#include "zoetrope/base/random.h"
#include "zoetrope/tensor/weights.h"

namespace zoetrope::tensor {

/// Initial distribution of a parameter: normal, with this deviation and mean.
struct Init {
  double deviation = 0, mean = 0;
};

/// Initial distribution by name and shape.
using Initialiser = std::function<Init(const std::string& name, at::IntArrayRef shape)>;

/// The usual initialisation: gains 1, biases 0, matrices and convolutions N(0, 1/fan_in) so that activations keep their variance (LeCun
/// 1998).
Init lecun_normal(const std::string& name, at::IntArrayRef shape);

/// Trainable parameters, fp32 leaves that require gradients. Each is drawn once from a seeded generator, the same on every device, or taken
/// from `base` if that source has it (a model's weights).
class TrainableWeights : public WeightSource {
 public:
  TrainableWeights(uint64_t seed, Initialiser init, WeightSource* base = nullptr, const Placement& placement = {})
      : WeightSource(placement), generator_(base::generator(seed)), init_(std::move(init)), base_(base) {}

  Tensor get(const std::string& name, at::IntArrayRef shape) override;
  bool has(const std::string& name) const override { return base_ == nullptr || base_->has(name); }

  /// All parameters asked for so far, by name.
  const std::map<std::string, Tensor>& parameters() const { return parameters_; }

 private:
  at::Generator generator_;
  Initialiser init_;
  WeightSource* base_;
  std::map<std::string, Tensor> parameters_;
};

}  // namespace zoetrope::tensor
