#pragma once
#include <set>

#include "zoetrope/tensor/checkpoint.h"

namespace zoetrope::tensor {

/// A dry run of building a model from a checkpoint: reads no weights, records missing and mismatched parameters.
class DryRun : public WeightSource {
 public:
  explicit DryRun(const Checkpoint& checkpoint) : WeightSource(checkpoint.placement()), checkpoint_(&checkpoint) {}

  Tensor get(const std::string& name, at::IntArrayRef shape) override;
  bool has(const std::string& name) const override { return checkpoint_->has(name); }
  std::shared_ptr<const LinearKernel> kernel(const std::string& layer, const Tensor& weight, const Tensor& bias) override;

  /// Throws one error that lists all parameters that are missing, of the wrong shape, or unused. `ignored` are
  /// names that may be in the file.
  void finish(const std::set<std::string>& ignored) const;

 private:
  const Checkpoint* checkpoint_;
  std::set<std::string> asked_;
  std::vector<std::string> missing_, misshapen_;
};

/// The model that `build(Weights)` makes of a checkpoint, whose keys must be exactly those of the model. It is built from `source`
/// if given, which reads the checkpoint and changes its weights.
template <class Build>
auto build_model(Checkpoint& checkpoint, Build&& build, const std::set<std::string>& ignored = {}, WeightSource* source = nullptr) {
  DryRun dry_run(checkpoint);
  build(Weights(dry_run));
  dry_run.finish(ignored);
  return build(Weights(source == nullptr ? checkpoint : *source));
}

}  // namespace zoetrope::tensor
