#pragma once
#include <map>
#include <string>

#include "zoetrope/base/error.h"
#include "zoetrope/tensor/weights.h"

namespace zoetrope::tensor {

/// Parameters that lie in memory, by name.
class TensorMap : public WeightSource {
 public:
  explicit TensorMap(std::map<std::string, Tensor> tensors) : tensors_(std::move(tensors)) {}

  Tensor get(const std::string& name, at::IntArrayRef shape) override {
    auto found = tensors_.find(name);
    if (found == tensors_.end()) throw base::Error("there is no parameter '{}'", name);
    if (found->second.sizes() != shape)
      throw base::Error("parameter '{}' is {} here, this model needs {}", name, found->second.sizes(), shape);
    return found->second;
  }
  bool has(const std::string& name) const override { return tensors_.contains(name); }

 private:
  std::map<std::string, Tensor> tensors_;
};

}  // namespace zoetrope::tensor
