#pragma once
#include <map>
#include <string>

#include "zoetrope/base/tensor.h"

namespace zoetrope::training {

/// The exponential moving average of a model's weights, which is sampled from and shipped.
class Ema {
 public:
  /// Starts at the current parameters. `decay` is smaller in the first steps ((1 + step) / (10 + step)), so that initial weights are soon
  /// forgotten.
  Ema(const std::map<std::string, Tensor>& parameters, double decay);

  void update(const std::map<std::string, Tensor>& parameters, int64_t step);
  /// Swaps the average and the parameters; call it again to undo.
  void swap(const std::map<std::string, Tensor>& parameters);

  const std::map<std::string, Tensor>& values() const { return values_; }
  void load(const std::map<std::string, Tensor>& values);

 private:
  std::map<std::string, Tensor> values_;
  double decay_;
};

}  // namespace zoetrope::training
