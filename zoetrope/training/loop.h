#pragma once
#include "zoetrope/base/progress.h"
#include "zoetrope/training/average.h"
#include "zoetrope/training/optimizer.h"
#include "zoetrope/training/run_folder.h"

namespace zoetrope::training {

/// How long and how fast; what is saved when. Learning rates are relative to those of `optimizer`.
struct LoopSettings {
  int64_t steps = 100000;
  int64_t warm_up = 200;   // steps in which the learning rate rises from 0
  double cool_down = 0.1;  // the last share of the steps, in which it falls to 0
  double clip = 1.0;       // limit on the norm of the gradient
  double average = 0.999;  // decay of the averaged weights
  double checkpoint_minutes = 5;
  int64_t log_every = 10;       // steps a line of metrics.jsonl
  int64_t sample_every = 1000;  // steps between samples of the averaged weights; 0 for none
  OptimizerSettings optimizer;
};

/// What is trained: it owns the model and knows its data and its loss.
class Task {
 public:
  virtual ~Task() = default;
  /// The leaves that are trained, by name.
  virtual const std::map<std::string, Tensor>& parameters() const = 0;
  virtual bool is_hidden_matrix(const std::string& name) const = 0;
  /// The first step that will be asked for; called once, before it.
  virtual void begin(int64_t /*step*/) {}
  /// The loss of step `step`'s own batch, a scalar with gradients: the same for the same step, weights and seed. Figures worth
  /// logging are added to `metrics`.
  virtual Tensor loss(int64_t step, base::Json& metrics) = 0;
  /// Shows what the model can do, as files whose names begin with `stem`; adds figures to `metrics`. The weights are the averaged ones.
  virtual void sample(const std::filesystem::path& stem, base::Json& metrics) = 0;
  /// Writes the model into `folder` in the layout of diffusers. The weights are the averaged ones.
  virtual void save_model(const std::filesystem::path& folder) = 0;
};

/// The relative learning rate of a step: a linear rise, a plateau, a linear fall.
double learning_rate(int64_t step, const LoopSettings& settings);

/// Trains from the run's newest checkpoint, or from the start, to the last step. Stopped in between (`Observer::cancelled`), it saves a
/// checkpoint and throws `base::Cancelled`; the next call goes on with the same losses as if it had never stopped.
void train(Task& task, const LoopSettings& settings, const RunFolder& run, base::Observer& observer);

}  // namespace zoetrope::training
