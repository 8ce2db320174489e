#pragma once
#include "zoetrope/base/progress.h"
#include "zoetrope/training/ema.h"
#include "zoetrope/training/optimizer.h"
#include "zoetrope/training/run_folder.h"

namespace zoetrope::training {

/// Length and schedule of a run, and what is saved when.
struct LoopSettings {
  int64_t steps = 100000;
  int64_t warmup_steps = 200;   // steps in which the learning rate rises from 0
  double decay_fraction = 0.1;  // the last fraction of the steps, in which it falls to 0
  double grad_clip = 1.0;       // limit of the gradient's norm
  double ema_decay = 0.999;     // of the averaged weights
  double checkpoint_minutes = 5;
  int64_t log_every = 10;       // steps per line of metrics.jsonl
  int64_t sample_every = 1000;  // steps between samples of the averaged weights; 0 for none
  OptimizerSettings optimizer;
};

/// A training task: owns the model, knows its data and its loss.
class Task {
 public:
  virtual ~Task() = default;
  /// The trained leaves, by name.
  virtual const std::map<std::string, Tensor>& parameters() const = 0;
  /// Whether a matrix belongs to the parameter group of Muon; all others are AdamW's.
  virtual bool uses_muon(const std::string& name) const = 0;
  /// Called once before the first step.
  virtual void begin(int64_t /*step*/) {}
  /// The loss of the batch of `step`, a scalar with gradients: the same for the same step, weights and seed. Adds figures to `metrics`.
  virtual Tensor loss(int64_t step, base::Json& metrics) = 0;
  /// Writes samples to files whose names begin with `stem`; adds figures to `metrics`. The weights are the averaged ones.
  virtual void sample(const std::filesystem::path& stem, base::Json& metrics) = 0;
  /// Writes the model into `folder` in the layout of diffusers. The weights are the averaged ones.
  virtual void save_model(const std::filesystem::path& folder) = 0;
};

/// The learning rate of a step relative to the optimizer's: warm-up, plateau, linear decay.
double lr_schedule(int64_t step, const LoopSettings& settings);

/// Trains from the run's newest checkpoint, or from the start, to the last step. When cancelled (`Observer::cancelled`), it saves a
/// checkpoint and throws `base::Cancelled`; the next call resumes with the same losses as an uninterrupted run.
void train(Task& task, const LoopSettings& settings, const RunFolder& run, base::Observer& observer);

}  // namespace zoetrope::training
