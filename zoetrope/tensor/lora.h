#pragma once
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/tensor/key_style.h"

namespace zoetrope::tensor {

/// W + scale * up down. `down` [r,in], `up` [out,r]; convolutions have their kernels behind `in`.
struct LowRankUpdate {
  Tensor down, up;
  double scale = 1;
};

/// A linear layer with updates beside it, which autograd can follow. `base`: how the layer multiplies without them; null for the plain
/// product.
std::shared_ptr<const LinearKernel> low_rank_kernel(std::shared_ptr<const LinearKernel> base, const Tensor& weight, const Tensor& bias,
                                                    std::vector<LowRankUpdate> updates);

/// A LoRA file and how much of it is wanted.
struct LoraSpec {
  std::filesystem::path file;
  std::optional<double> scale = {};  // 1 where none is asked for
  bool strict = false;               // whether a key for a part that the model does not have is an error, instead of left out
};

/// The weights of a checkpoint with changes of low rank on top, W + scale * alpha/r * up down (Hu et al. 2021), several at once. The base
/// stays mapped: a linear layer adds its changes when it multiplies. Files may have the names of peft and diffusers, of ComfyUI and the
/// original code, or of kohya; whole differences of weights, biases and tables of modulation (`.diff`, `.diff_b`, `.diff_m`) are added,
/// too.
class LoraWeights : public WeightSource {
 public:
  /// `style` has the model's original names. Keys for its optional parts, where this model does not have them or in another shape, are left
  /// out and told in `notices`. All others that match no layer, or are of a kind that is not known, are an error that lists them, and so is
  /// a file of which nothing is left.
  LoraWeights(Checkpoint& base, const std::vector<LoraSpec>& loras, const KeyStyle& style);

  Tensor get(const std::string& name, at::IntArrayRef shape) override;
  bool has(const std::string& name) const override { return base_->has(name); }
  std::shared_ptr<const LinearKernel> kernel(const std::string& layer, const Tensor& weight, const Tensor& bias) override;

  /// A sentence for each file of which keys were left out: how many, and their names.
  const std::vector<std::string>& notices() const { return notices_; }
  /// Whether any file changes the parameter.
  bool changes(const std::string& name) const;
  /// A parameter with all changes added, in fp32.
  Tensor merged(const std::string& name) const { return changed(name, /*with_low_rank=*/true); }

 private:
  void add(const LoraSpec& lora, const std::map<std::string, std::string>& parameters, const KeyStyle& style);
  Tensor changed(const std::string& name, bool with_low_rank) const;

  Checkpoint* base_;
  std::map<std::string, std::vector<LowRankUpdate>> changes_;                 // by layer
  std::map<std::string, std::vector<std::pair<Tensor, double>>> full_diffs_;  // by parameter: what is added, and how much of it
  std::vector<std::string> notices_;
};

}  // namespace zoetrope::tensor
