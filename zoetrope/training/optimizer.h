#pragma once
#include <functional>
#include <map>
#include <string>

#include "zoetrope/base/tensor.h"

namespace zoetrope::training {

/// The orthogonal matrix nearest to `matrix` [m,n], up to singular values in about 0.7..1.2: five quintic Newton-Schulz steps with the
/// coefficients of Muon (Jordan et al. 2024). `compute` is the dtype of the steps, for which bf16 is enough; the result has the matrix's
/// own.
Tensor orthogonalise(const Tensor& matrix, at::ScalarType compute = at::kFloat);

/// Learning rates and decays. The defaults were found for the native model (docs/training.md).
struct OptimizerSettings {
  double muon_lr = 0.02;                   // of hidden matrices, whose updates are orthogonalised
  double muon_momentum = 0.95;             // Nesterov
  at::ScalarType muon_dtype = at::kFloat;  // of the orthogonalisation, which in fp32 is nearly half of a small model's step
  double adam_lr = 1.5e-3;                 // of the rest: gains, biases, embeddings, first and last layers
  double adam_beta1 = 0.9, adam_beta2 = 0.99, adam_epsilon = 1e-8;
  double weight_decay = 0.01;  // decoupled, of matrices only
};

/// Muon (Jordan et al. 2024) for the hidden matrices, AdamW (Loshchilov & Hutter 2019) for the rest. The state is by parameter name.
class Optimizer {
 public:
  /// `uses_muon(name)`: which parameters of two or more dimensions Muon updates; convolutions count as [out, in*k*k].
  Optimizer(std::map<std::string, Tensor> parameters, OptimizerSettings settings, std::function<bool(const std::string&)> uses_muon);

  /// One step along the gradients that lie in the parameters, with all learning rates times `rate`; the gradients are then dropped.
  void step(double lr);

  /// Scales all gradients together to a norm of at most `limit`; returns the norm before.
  double clip_gradients(double limit);

  /// Momenta and the number of steps, for checkpoints.
  std::map<std::string, Tensor> state() const;
  void load_state(const std::map<std::string, Tensor>& state);

 private:
  void muon(const std::string& name, Tensor& parameter, double lr);
  void adam(const std::string& name, Tensor& parameter, double lr);

  std::map<std::string, Tensor> parameters_;
  OptimizerSettings settings_;
  std::function<bool(const std::string&)> uses_muon_;
  std::map<std::string, Tensor> momentum_, square_;
  int64_t steps_ = 0;
};

}  // namespace zoetrope::training
