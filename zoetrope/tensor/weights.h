#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/tensor.h"
#include "zoetrope/tensor/placement.h"

namespace zoetrope::tensor {

/// How a linear layer or a table of embeddings uses its matrix: packed for the processor, quantised, with a LoRA added, ...
class LinearKernel {
 public:
  virtual ~LinearKernel() = default;
  virtual Tensor apply(const Tensor& x) const = 0;  // [..., in] -> [..., out]
  /// Rows of the matrix by their numbers, as a table of embeddings gives them: [...] int64 -> [..., in] fp32.
  virtual Tensor rows(const Tensor& ids) const = 0;
};

/// Where parameters come from: a checkpoint (values are mapped, shapes are checked) or an initialiser (training from scratch).
class WeightSource {
 public:
  explicit WeightSource(const Placement& placement = {}) : placement_(placement) {}
  virtual ~WeightSource() = default;
  /// The device of the tensors that `get` gives, and the dtype in which a network of them computes.
  const Placement& placement() const { return placement_; }
  /// The parameter called `name`, or an error that names it, its shape in the file and the shape asked for.
  virtual Tensor get(const std::string& name, at::IntArrayRef shape) = 0;
  virtual bool has(const std::string& name) const = 0;
  /// How the layer at `path` uses its matrix; null for the plain product, which autograd can follow.
  virtual std::shared_ptr<const LinearKernel> kernel(const std::string& /*path*/, const Tensor& /*weight*/, const Tensor& /*bias*/) {
    return nullptr;
  }

 protected:
  Placement placement_;
};

/// Parameters in memory, by name.
class TensorMap : public WeightSource {
 public:
  explicit TensorMap(std::map<std::string, Tensor> tensors, const Placement& placement = {})
      : WeightSource(placement), tensors_(std::move(tensors)) {}

  Tensor get(const std::string& name, at::IntArrayRef shape) override {
    auto found = tensors_.find(name);
    if (found == tensors_.end()) throw base::Error("there is no parameter '{}'", name);
    if (found->second.sizes() != shape)
      throw base::Error("parameter '{}' is {} here, this model needs {}", name, found->second.sizes(), shape);
    return found->second.to(placement_.device);
  }
  bool has(const std::string& name) const override { return tensors_.contains(name); }

 private:
  std::map<std::string, Tensor> tensors_;
};

/// A place in the tree of names. `weights / "blocks" / 3 / "attn"` is how a module hands its children their parameters, so each
/// checkpoint key and shape is written once, where the layer is built.
class Weights {
 public:
  explicit Weights(WeightSource& source, std::string path = {}) : source_(&source), path_(std::move(path)) {}
  Weights operator/(std::string_view name) const { return Weights(*source_, join(name)); }
  Weights operator/(int64_t index) const { return *this / std::to_string(index); }
  Tensor get(std::string_view name, at::IntArrayRef shape) const { return source_->get(join(name), shape); }
  bool has(std::string_view name) const { return source_->has(join(name)); }
  const Placement& placement() const { return source_->placement(); }
  /// The name of this place: "blocks.3.attn".
  const std::string& path() const { return path_; }
  std::shared_ptr<const LinearKernel> kernel(const Tensor& weight, const Tensor& bias) const {
    return source_->kernel(path_, weight, bias);
  }

 private:
  std::string join(std::string_view name) const { return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name); }
  WeightSource* source_;
  std::string path_;
};

}  // namespace zoetrope::tensor
