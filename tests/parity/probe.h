#pragma once
#include <map>
#include <string>

#include "zoetrope/base/json.h"
#include "zoetrope/base/tensor.h"
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/tensor/fresh_weights.h"

namespace zoetrope::parity {

using Tensors = std::map<std::string, Tensor>;

/// A function of the library in the form that the Python side can call: settings and tensors in, tensors out.
using Command = Tensors (*)(const base::Json& settings, const Tensors& in);

/// Where a model computes: on the CPU in {dtype: "fp32" or "bf16"}, fp32 where nothing is said. PyTorch computes in bf16 on any processor.
tensor::Placement placement(const base::Json& settings);

/// The gradients of sum(upstream * output) by each parameter in a component's folder, by name; `run` builds the network and computes the
/// output.
template <class Run>
Tensors gradients(const std::string& folder, const Tensor& upstream, Run&& run) {
  tensor::Checkpoint checkpoint{folder};
  tensor::TrainableWeights weights(0, tensor::lecun_normal, &checkpoint);
  (run(tensor::Weights(weights)) * upstream).sum().backward();
  Tensors found;
  for (const auto& [name, parameter] : weights.parameters())
    found[name] = parameter.grad().defined() ? parameter.grad() : at::zeros_like(parameter);
  return found;
}

// Each file of commands gives its own by name; probe.cpp joins them.
std::map<std::string, Command> dit_commands();
std::map<std::string, Command> media_commands();
std::map<std::string, Command> scheduler_commands();
std::map<std::string, Command> tensor_commands();
std::map<std::string, Command> text_commands();
std::map<std::string, Command> vision_commands();
std::map<std::string, Command> wan_commands();

}  // namespace zoetrope::parity
