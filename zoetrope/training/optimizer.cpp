#include "zoetrope/training/optimizer.h"

#include <algorithm>
#include <cmath>

#include "zoetrope/base/error.h"

namespace zoetrope::training {
Tensor orthogonalise(const Tensor& matrix, at::ScalarType compute) {
  constexpr double a = 3.4445, b = -4.7750, c = 2.0315;
  bool tall = matrix.size(0) > matrix.size(1);
  Tensor x = tall ? matrix.t() : matrix;
  x = (x / (x.norm() + 1e-7)).to(compute);
  for (int step = 0; step < 5; ++step) {
    Tensor gram = at::matmul(x, x.t());  // [k,k] of the shorter side
    x = a * x + at::matmul(b * gram + c * gram.matmul(gram), x);
  }
  return (tall ? x.t() : x).to(matrix.scalar_type());
}

Optimizer::Optimizer(std::map<std::string, Tensor> parameters, OptimizerSettings settings,
                     std::function<bool(const std::string&)> uses_muon)
    : parameters_(std::move(parameters)), settings_(settings), uses_muon_(std::move(uses_muon)) {
  for (const auto& [name, parameter] : parameters_) {
    momentum_[name] = at::zeros_like(parameter);
    if (!uses_muon_(name) || parameter.dim() < 2) square_[name] = at::zeros_like(parameter);
  }
}

void Optimizer::step(double lr) {
  at::NoGradGuard no_grad;
  ++steps_;
  for (auto& [name, parameter] : parameters_) {
    if (!parameter.grad().defined()) continue;
    if (square_.contains(name)) {
      adam(name, parameter, lr * settings_.adam_lr);
    } else {
      muon(name, parameter, lr * settings_.muon_lr);
    }
    parameter.mutable_grad() = Tensor();
  }
}

void Optimizer::muon(const std::string& name, Tensor& parameter, double lr) {
  Tensor gradient = parameter.grad();
  Tensor& momentum = momentum_.at(name);
  momentum.lerp_(gradient, 1 - settings_.muon_momentum);
  Tensor update = orthogonalise(gradient.lerp(momentum, settings_.muon_momentum).flatten(1), settings_.muon_dtype);
  double shape = std::sqrt(std::max(1.0, static_cast<double>(update.size(0)) / static_cast<double>(update.size(1))));
  parameter.mul_(1 - lr * settings_.weight_decay);
  parameter.add_(update.view(parameter.sizes()), -lr * shape);
}

void Optimizer::adam(const std::string& name, Tensor& parameter, double lr) {
  Tensor gradient = parameter.grad();
  Tensor &momentum = momentum_.at(name), &square = square_.at(name);
  momentum.lerp_(gradient, 1 - settings_.adam_beta1);
  square.lerp_(gradient.square(), 1 - settings_.adam_beta2);
  double correction1 = 1 - std::pow(settings_.adam_beta1, steps_), correction2 = 1 - std::pow(settings_.adam_beta2, steps_);
  if (parameter.dim() >= 2) parameter.mul_(1 - lr * settings_.weight_decay);
  parameter.addcdiv_(momentum, square.div(correction2).sqrt_().add_(settings_.adam_epsilon), -lr / correction1);
}

double Optimizer::clip_gradients(double limit) {
  at::NoGradGuard no_grad;
  std::vector<Tensor> norms;  // read together: each reading waits for the device
  for (const auto& [name, parameter] : parameters_)
    if (parameter.grad().defined()) norms.push_back(parameter.grad().norm().to(at::kFloat));
  double norm = norms.empty() ? 0 : at::stack(norms).cpu().to(at::kDouble).norm().item<double>();
  if (norm > limit)
    for (auto& [name, parameter] : parameters_)
      if (parameter.grad().defined()) parameter.mutable_grad().mul_(limit / norm);
  return norm;
}

std::map<std::string, Tensor> Optimizer::state() const {
  std::map<std::string, Tensor> state{{"steps", at::scalar_tensor(steps_, at::kLong)}};
  for (const auto& [name, momentum] : momentum_) state["momentum." + name] = momentum;
  for (const auto& [name, square] : square_) state["square." + name] = square;
  return state;
}

void Optimizer::load_state(const std::map<std::string, Tensor>& state) {
  auto take = [&](const std::string& key, Tensor& into) {
    auto found = state.find(key);
    if (found == state.end() || found->second.sizes() != into.sizes())
      throw base::Error(
          "the optimizer's state has no '{}' of the right shape: it belongs to another model; start a new run from its weights", key);
    into.copy_(found->second);
  };
  at::NoGradGuard no_grad;
  Tensor steps = at::zeros({}, at::kLong);
  take("steps", steps);
  steps_ = steps.item<int64_t>();
  for (auto& [name, momentum] : momentum_) take("momentum." + name, momentum);
  for (auto& [name, square] : square_) take("square." + name, square);
}

}  // namespace zoetrope::training
