#pragma once
#include <functional>
#include <map>

#include "zoetrope/base/random.h"
#include "zoetrope/tensor/weights.h"

namespace zoetrope::tensor {

/// Says how a parameter begins: the standard deviation of its normal distribution, and its mean.
struct Start {
  double deviation = 0, mean = 0;
};

/// What to start a parameter with, by its name and shape.
using Initialiser = std::function<Start(const std::string& name, at::IntArrayRef shape)>;

/// The usual start: gains 1, biases 0, matrices and convolutions N(0, 1/fan_in) so that activations keep their size (LeCun 1998).
Start lecun_start(const std::string& name, at::IntArrayRef shape);

/// Parameters to be trained, fp32 leaves that require gradients. Each is drawn once from a seeded generator, or taken from `base`
/// where that source has it (going on from a model's weights).
class TrainableWeights : public WeightSource {
 public:
  TrainableWeights(uint64_t seed, Initialiser start, WeightSource* base = nullptr)
      : generator_(base::generator(seed)), start_(std::move(start)), base_(base) {}

  Tensor get(const std::string& name, at::IntArrayRef shape) override;
  bool has(const std::string& name) const override { return base_ == nullptr || base_->has(name); }

  /// All parameters asked for so far, by name.
  const std::map<std::string, Tensor>& parameters() const { return parameters_; }

 private:
  at::Generator generator_;
  Initialiser start_;
  WeightSource* base_;
  std::map<std::string, Tensor> parameters_;
};

}  // namespace zoetrope::tensor
