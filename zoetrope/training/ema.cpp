#include "zoetrope/training/ema.h"

#include <algorithm>

#include "zoetrope/base/error.h"

namespace zoetrope::training {

Ema::Ema(const std::map<std::string, Tensor>& parameters, double decay) : decay_(decay) {
  for (const auto& [name, parameter] : parameters) values_[name] = parameter.detach().clone();
}

void Ema::update(const std::map<std::string, Tensor>& parameters, int64_t step) {
  at::NoGradGuard no_grad;
  double decay = std::min(decay_, (1.0 + static_cast<double>(step)) / (10.0 + static_cast<double>(step)));
  for (const auto& [name, parameter] : parameters) values_.at(name).lerp_(parameter, 1 - decay);
}

void Ema::swap(const std::map<std::string, Tensor>& parameters) {
  at::NoGradGuard no_grad;
  for (const auto& [name, parameter] : parameters) {
    Tensor trained = parameter.detach().clone();
    Tensor(parameter).copy_(values_.at(name));
    values_.at(name).copy_(trained);
  }
}

void Ema::load(const std::map<std::string, Tensor>& values) {
  at::NoGradGuard no_grad;
  for (auto& [name, value] : values_) {
    auto found = values.find(name);
    if (found == values.end() || found->second.sizes() != value.sizes())
      throw base::Error("the averaged weights have no '{}' of the right shape", name);
    value.copy_(found->second);
  }
}

}  // namespace zoetrope::training
