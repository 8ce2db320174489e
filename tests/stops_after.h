#pragma once
#include "zoetrope/base/progress.h"

namespace zoetrope {

/// The user who presses Ctrl-C after a step.
class StopsAfter : public base::Observer {
 public:
  explicit StopsAfter(int64_t step) : stop_(step) {}
  void progress(const std::string&, int64_t step, int64_t) override { step_ = step; }
  bool cancelled() const override { return step_ == stop_; }

 private:
  int64_t step_ = 0, stop_;
};

}  // namespace zoetrope
