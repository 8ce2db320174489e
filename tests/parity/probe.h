#pragma once
#include <map>
#include <string>

#include "zoetrope/base/json.h"
#include "zoetrope/base/tensor.h"
#include "zoetrope/tensor/placement.h"

namespace zoetrope::parity {

using Tensors = std::map<std::string, Tensor>;

/// A function of the library in the form that the Python side can call: settings and tensors in, tensors out.
using Command = Tensors (*)(const base::Json& settings, const Tensors& in);

/// Where a model computes: on the CPU in {dtype: "fp32" or "bf16"}, fp32 where nothing is said. PyTorch computes in bf16 on any processor.
tensor::Placement placement(const base::Json& settings);

// Each file of commands gives its own by name; probe.cpp joins them.
std::map<std::string, Command> dit_commands();
std::map<std::string, Command> scheduler_commands();
std::map<std::string, Command> tensor_commands();
std::map<std::string, Command> text_commands();
std::map<std::string, Command> vision_commands();
std::map<std::string, Command> wan_commands();

}  // namespace zoetrope::parity
