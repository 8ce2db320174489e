#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "zoetrope/base/json.h"
#include "zoetrope/base/tensor.h"

namespace zoetrope::training {

/// Everything that a run needs to resume exactly.
struct RunState {
  int64_t step = 0;
  double hours = 0;     // of training so far, over all sessions
  double flop = 0;      // of losses and gradients so far
  double loss_sum = 0;  // since the last line of metrics.jsonl
  std::map<std::string, Tensor> parameters, ema, optimizer;
};

/// The folder of a training run: `config.toml` (the flags it was started with), `metrics.jsonl`, `samples/`, `checkpoints/step-N/` and
/// `latest`. A checkpoint is written under a temporary name and renamed, so a kill at any moment leaves the previous one intact.
class RunFolder {
 public:
  /// Opens `folder`, or creates it with the flags `config`, one per line. A run that has a checkpoint and was started with other flags is
  /// refused with the first line that differs; only `run`, its own path, may differ.
  RunFolder(std::filesystem::path folder, const std::string& config);

  /// Whether there is something to resume from.
  bool has_checkpoint() const { return std::filesystem::exists(folder_ / "latest"); }
  /// The name of the newest checkpoint, step-N; empty if there is none.
  std::string latest() const;
  /// The newest checkpoint, if there is one.
  std::optional<RunState> resume() const;
  /// Writes a checkpoint and makes it the newest; all except the last two are deleted.
  void save(const RunState& state) const;

  /// Appends one line to metrics.jsonl.
  void log(const base::Json& line) const;
  /// Removes the lines after `step` from metrics.jsonl, which a killed run wrote after its last checkpoint.
  void forget_metrics_after(int64_t step) const;

  /// The current model with averaged weights, written with every checkpoint: a folder to generate from.
  std::filesystem::path model() const { return folder_ / "model"; }
  std::filesystem::path samples() const { return folder_ / "samples"; }
  const std::filesystem::path& path() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace zoetrope::training
