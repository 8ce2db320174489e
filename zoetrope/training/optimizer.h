#pragma once
#include <functional>
#include <map>
#include <string>

#include "zoetrope/base/tensor.h"

namespace zoetrope::training {

/// Learning rates and decays. The defaults are those that the trial of the native model found (docs/training.md).
struct OptimizerSettings {
  double muon_rate = 0.02;                   // of matrices, whose update is orthogonalised
  double muon_momentum = 0.95;               // Nesterov
  at::ScalarType muon_compute = at::kFloat;  // of the orthogonalisation: nearly half of a small model's step in fp32
  double adam_rate = 1.5e-3;                 // of everything else: gains, biases, embeddings, first and last layers
  double adam_beta1 = 0.9, adam_beta2 = 0.99, adam_epsilon = 1e-8;
  double weight_decay = 0.01;  // decoupled, times the learning rate; on matrices only
};

/// Muon (Jordan et al. 2024) for the hidden matrices, AdamW (Loshchilov & Hutter 2019) for the rest. The state is by parameter name.
class Optimizer {
 public:
  /// `is_hidden_matrix(name)` says which of the parameters with two or more dimensions Muon takes; convolutions count as [out, in*k*k].
  Optimizer(std::map<std::string, Tensor> parameters, OptimizerSettings settings, std::function<bool(const std::string&)> is_hidden_matrix);

  /// One step along the gradients that lie in the parameters, with all learning rates times `rate`; the gradients are then dropped.
  void step(double rate);

  /// The norm of all gradients together; where it exceeds `limit` they are scaled down to it.
  double clip_gradients(double limit);

  /// Momenta and the number of steps, to be saved with a checkpoint and set again.
  std::map<std::string, Tensor> state() const;
  void load_state(const std::map<std::string, Tensor>& state);

 private:
  void muon(const std::string& name, Tensor& parameter, double rate);
  void adam(const std::string& name, Tensor& parameter, double rate);

  std::map<std::string, Tensor> parameters_;
  OptimizerSettings settings_;
  std::function<bool(const std::string&)> is_hidden_matrix_;
  std::map<std::string, Tensor> momentum_, square_;
  int64_t steps_ = 0;
};

}  // namespace zoetrope::training
