#include "zoetrope/nn/causal_conv3d.h"

#include <algorithm>

namespace zoetrope::nn {

std::span<Tensor> Past::of_next(int64_t frames) {
  size_t start = turn_;
  turn_ += static_cast<size_t>(frames);
  if (memory_.size() < turn_) memory_.resize(turn_);
  return std::span(memory_).subspan(start, static_cast<size_t>(frames));
}

Tensor Past::behind(const Tensor& x, int64_t frames) {
  std::span<Tensor> before = of_next(frames);
  std::vector<Tensor> all;
  for (const Tensor& frame : before) all.push_back(frame.defined() ? frame : at::zeros_like(x.narrow(2, 0, 1)));
  all.push_back(x);
  Tensor joined = at::cat(all, 2);
  for (int64_t i = 0; i < frames; ++i)  // not views, which would keep the whole chunk
    before[i] = joined.narrow(2, x.size(2) + i, 1).clone(x.suggest_memory_format());
  return joined;
}

void Past::skip(int64_t frames) { of_next(frames); }

Tensor frame_by_frame(const Tensor& x, Past& past, const std::function<Tensor(const Tensor&)>& layers) {
  std::vector<Tensor> frames;
  size_t turn = past.turn();
  for (int64_t i = 0; i < x.size(2); ++i) {
    past.go_back(turn);
    frames.push_back(layers(x.narrow(2, i, 1)));
  }
  return at::cat(frames, 2);
}

Tensor channels_last(const Tensor& x) { return x.contiguous(at::MemoryFormat::ChannelsLast3d); }

Tensor CausalConv3d::operator()(const Tensor& x, Past& past) const {
  if (frames_before() == 0) return without_past(x);
  return x.size(2) == 1 ? one_frame(x, past.of_next(frames_before())) : without_past(past.behind(x, frames_before()));
}

/// Frame by frame of the kernel: nothing is copied, and frames that were not there are not multiplied.
Tensor CausalConv3d::one_frame(const Tensor& x, std::span<Tensor> before) const {
  Tensor y = convolve(x, weight.narrow(2, frames_before(), 1), bias);
  for (int64_t i = 0; i < frames_before(); ++i)
    if (before[i].defined()) y.add_(convolve(before[i], weight.narrow(2, i, 1), {}));
  std::shift_left(before.begin(), before.end(), 1);
  before.back() = x;
  return y;
}

Tensor CausalConv3d::without_past(const Tensor& x) const { return convolve(x, weight, bias); }

Tensor CausalConv3d::convolve(const Tensor& x, const Tensor& kernel, const Tensor& offset) const {
  Tensor b = offset.defined() ? offset.to(x.scalar_type()) : Tensor();
  return at::conv3d(x, kernel.to(x.scalar_type()), b, {stride, 1, 1}, {0, kernel.size(3) / 2, kernel.size(4) / 2});
}

}  // namespace zoetrope::nn
