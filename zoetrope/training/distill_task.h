#pragma once
#include "zoetrope/model/model.h"
#include "zoetrope/training/batch_noise.h"
#include "zoetrope/training/latent_batches.h"
#include "zoetrope/training/loop.h"
#include "zoetrope/training/low_rank.h"

namespace zoetrope::training {

/// How a denoiser is distilled to a few steps.
struct DistillSettings : BatchSettings {
  DistillSettings() { caption_dropout = 0.05; }

  int64_t steps = 4;                                 // of sampling, for which it is made
  int64_t teacher_steps = 5;                         // with which the teacher makes one of them
  double lowest_guidance = 1, highest_guidance = 6;  // guidance scales that it is told, uniform between these
  double inner_prob = 0.25;                          // of a clip that starts between two sigmas of sampling, as `denoise` below 1 asks for
};

/// Refuses settings that cannot be with a `UsageError`.
void check(const DistillSettings& settings, const model::Model& teacher);

/// Where the few steps of sampling end: of each sigma in (0,1] the next lower one of `sigmas`, which fall from 1 to 0; 0 stays 0.
Tensor step_ends(const Tensor& starts, const diffusion::Sigmas& sigmas);

/// Distils guided sampling of many steps to a few evaluations without guidance. The sigmas of the few steps cut the teacher's path into
/// windows, and in each the student learns the straight line from where the teacher starts to where it arrives (piecewise rectified flow:
/// Yan et al. 2024, "PeRFlow", https://arxiv.org/abs/2405.07510). The target follows from the start alone, so nothing has to be averaged
/// and no second network is needed. The student is told the guidance scale (Meng et al. 2023, "On Distillation of Guided Diffusion
/// Models"). What is trained is a LoRA on the teacher's weights.
class DistillTask : public Task {
 public:
  /// `student` is the teacher's denoiser with `weights`, whose updates are trained. `folder`: the teacher's, which is copied with what is
  /// learnt into the new model. `validation`: prompts of the samples. All outlive it.
  DistillTask(const model::Model& teacher, const std::filesystem::path& folder, const transformer::Denoiser& student,
              const LowRankWeights& weights, const data::Dataset& dataset, const data::Dataset& validation, DistillSettings settings);

  const std::map<std::string, Tensor>& parameters() const override { return weights_.parameters(); }
  bool uses_muon(const std::string&) const override { return false; }
  void begin(int64_t step) override { batches_.begin(step); }
  Tensor loss(int64_t step, base::Json& metrics) override;
  void sample(const std::filesystem::path& stem, base::Json& metrics) override;
  void save_model(const std::filesystem::path& folder) override;

 private:
  at::Device device() const { return teacher_.placement().device; }
  /// Where each clip starts: sigmas of the few steps, or between them; known tokens have theirs.
  BatchNoise starts(int64_t batch, const transformer::Grid& grid, const diffusion::Sigmas& sigmas, at::Generator& generator) const;
  /// Where the teacher arrives from x at `starts`, guided by `scales` [B], at the sigmas `ends` of the same shape.
  Tensor teach(Tensor x, const BatchNoise& starts, const Tensor& ends, const Tensor& scales, const transformer::Conditioning& conditioning,
               const transformer::TokenLayout& layout) const;

  const model::Model& teacher_;
  std::filesystem::path folder_;
  const transformer::Denoiser& student_;
  const LowRankWeights& weights_;
  const data::Dataset& validation_;
  DistillSettings settings_;
  LatentBatches batches_;
  diffusion::Parameterization parameterization_;
};

}  // namespace zoetrope::training
