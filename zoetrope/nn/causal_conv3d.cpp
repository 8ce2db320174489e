#include "zoetrope/nn/causal_conv3d.h"

namespace zoetrope::nn {

Tensor& Past::slot() {
  if (first_) memory_.emplace_back();
  return memory_.at(turn_++);
}

Tensor Past::behind(const Tensor& x, int64_t frames) {
  Tensor& remembered = slot();
  if (!remembered.defined()) {
    std::vector<int64_t> shape = x.sizes().vec();
    shape[2] = frames;
    remembered = at::zeros(shape, x.options());
  }
  Tensor all = at::cat({remembered, x}, 2);
  remembered = all.slice(2, all.size(2) - frames).clone();
  return all;
}

void Past::skip() { slot(); }

Tensor CausalConv3d::operator()(const Tensor& x, Past& past) const {
  int64_t before = weight.size(2) - 1;
  return without_past(before == 0 ? x : past.behind(x, before));
}

Tensor CausalConv3d::without_past(const Tensor& x) const {
  return at::conv3d(x, weight.to(x.scalar_type()), bias.to(x.scalar_type()), {stride, 1, 1}, {0, weight.size(3) / 2, weight.size(4) / 2});
}

}  // namespace zoetrope::nn
