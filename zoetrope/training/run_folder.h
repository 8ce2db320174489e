#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "zoetrope/base/json.h"
#include "zoetrope/base/tensor.h"

namespace zoetrope::training {

/// Everything that a run needs in order to go on as if it had never stopped.
struct RunState {
  int64_t step = 0;
  double hours = 0;     // of training so far, over all sittings
  double flop = 0;      // of its losses and gradients
  double loss_sum = 0;  // since the last line of metrics.jsonl
  std::map<std::string, Tensor> parameters, average, optimizer;
};

/// The folder of a training run: `config.toml` (the flags it was begun with), `metrics.jsonl`, `samples/`, `checkpoints/step-N/` and
/// `latest`. A checkpoint is written beside its place and renamed, so a kill at any moment leaves the one before intact.
class RunFolder {
 public:
  /// Opens `folder`, or begins it with the flags `config`, a line each. A run that has a checkpoint and was begun with other flags is
  /// refused, and the first line that differs named; only its own place, `run`, may be another.
  RunFolder(std::filesystem::path folder, const std::string& config);

  /// Whether there is something to go on from.
  bool has_checkpoint() const { return std::filesystem::exists(folder_ / "latest"); }
  /// The name of the newest checkpoint, step-N; empty where there is none.
  std::string latest() const;
  /// The newest checkpoint, if there is one.
  std::optional<RunState> resume() const;
  /// Writes a checkpoint and makes it the newest; all but the last two are deleted.
  void save(const RunState& state) const;

  /// Appends one line to metrics.jsonl.
  void log(const base::Json& line) const;
  /// Drops the lines after `step` from metrics.jsonl, which a run that was killed wrote after its last checkpoint, or before its first.
  void forget_metrics_after(int64_t step) const;

  /// The model as it is now, with averaged weights, written anew with every checkpoint: a folder to generate from.
  std::filesystem::path model() const { return folder_ / "model"; }
  std::filesystem::path samples() const { return folder_ / "samples"; }
  const std::filesystem::path& path() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace zoetrope::training
