#include "zoetrope/nn/causal_conv3d.h"

#include <algorithm>

namespace zoetrope::nn {

Tensor FeatureCache::prepend(const std::string& layer, const Tensor& x, int64_t frames) {
  std::vector<Tensor>& before = slot(layer);
  before.resize(static_cast<size_t>(frames));
  std::vector<Tensor> all;
  for (const Tensor& frame : before) all.push_back(frame.defined() ? frame : at::zeros_like(x.narrow(2, 0, 1)));
  all.push_back(x);
  Tensor joined = at::cat(all, 2);
  for (int64_t i = 0; i < frames; ++i)  // copies, since views would keep the whole chunk
    before[i] = joined.narrow(2, x.size(2) + i, 1).clone(x.suggest_memory_format());
  return joined;
}

Tensor map_frames(const Tensor& x, const std::function<Tensor(const Tensor&)>& layers) {
  std::vector<Tensor> frames;
  for (int64_t i = 0; i < x.size(2); ++i) frames.push_back(layers(x.narrow(2, i, 1)));
  return at::cat(frames, 2);
}

Tensor channels_last(const Tensor& x) { return x.contiguous(at::MemoryFormat::ChannelsLast3d); }

Tensor CausalConv3d::operator()(const Tensor& x, FeatureCache& cache) const {
  if (frames_before() == 0) return forward(x);
  if (x.size(2) > 1) return forward(cache.prepend(name, x, frames_before()));
  std::vector<Tensor>& before = cache.slot(name);
  before.resize(static_cast<size_t>(frames_before()));
  return forward_frame(x, before);
}

/// One frame of the kernel at a time: nothing is copied, and missing frames are not multiplied.
Tensor CausalConv3d::forward_frame(const Tensor& x, std::vector<Tensor>& before) const {
  Tensor y = convolve(x, weight.narrow(2, frames_before(), 1), bias);
  for (int64_t i = 0; i < frames_before(); ++i)
    if (before[i].defined()) y.add_(convolve(before[i], weight.narrow(2, i, 1), {}));
  std::shift_left(before.begin(), before.end(), 1);
  before.back() = x;
  return y;
}

Tensor CausalConv3d::forward(const Tensor& x) const { return convolve(x, weight, bias); }

Tensor CausalConv3d::convolve(const Tensor& x, const Tensor& kernel, const Tensor& offset) const {
  Tensor b = offset.defined() ? offset.to(x.scalar_type()) : Tensor();
  return at::conv3d(x, kernel.to(x.scalar_type()), b, {stride, 1, 1}, {0, kernel.size(3) / 2, kernel.size(4) / 2});
}

}  // namespace zoetrope::nn
