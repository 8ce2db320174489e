#pragma once
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/tensor/key_style.h"

namespace zoetrope::tensor {

/// A LoRA file and how much of it is wanted.
struct LoraSpec {
  std::filesystem::path file;
  double scale = 1;
};

/// The weights of a checkpoint with changes of low rank on top, W + scale * alpha/r * up down (Hu et al. 2021), several at once. The base
/// stays mapped: a linear layer adds its changes when it multiplies. Files may have the names of peft and diffusers, of ComfyUI and the
/// original code, or of kohya; whole differences (`.diff`, `.diff_b`) are taken, too.
class LoraWeights : public WeightSource {
 public:
  /// `style` has the model's original names. Keys that are no change of this model, or of a kind that is not known, are an error that
  /// lists them.
  LoraWeights(Checkpoint& base, const std::vector<LoraSpec>& loras, const KeyStyle& style);

  Tensor get(const std::string& name, at::IntArrayRef shape) override;
  bool has(const std::string& name) const override { return base_->has(name); }
  std::shared_ptr<const LinearKernel> kernel(const std::string& layer, const Tensor& weight, const Tensor& bias) override;

  /// Whether any file changes the parameter.
  bool changes(const std::string& name) const;
  /// A parameter with all changes added, in fp32.
  Tensor merged(const std::string& name) const { return changed(name, /*with_low_rank=*/true); }

  /// W + scale * up down. `down` [r,in], `up` [out,r]; convolutions have their kernels behind `in`.
  struct LowRankUpdate {
    Tensor down, up;
    double scale;
  };

 private:
  void add(const LoraSpec& lora, const std::map<std::string, std::string>& layers);
  Tensor changed(const std::string& name, bool with_low_rank) const;
  void check(const LowRankUpdate& update, const std::string& layer, const std::string& file) const;

  Checkpoint* base_;
  std::map<std::string, std::vector<LowRankUpdate>> changes_;                 // by layer
  std::map<std::string, std::vector<std::pair<Tensor, double>>> full_diffs_;  // by parameter: what is added, and how much of it
};

}  // namespace zoetrope::tensor
