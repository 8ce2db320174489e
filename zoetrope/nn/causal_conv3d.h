#pragma once
#include <array>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "zoetrope/tensor/weights.h"

namespace zoetrope::nn {

/// What the causal layers of a stream keep from one chunk of frames to the next: a slot for each layer, by its name. Default-constructed
/// before the first chunk.
class FeatureCache {
 public:
  /// The tensors that the layer keeps; empty before it has seen anything.
  std::vector<Tensor>& slot(const std::string& layer) { return slots_[layer]; }
  const std::map<std::string, std::vector<Tensor>>& slots() const { return slots_; }

  /// x [B,C,T,H,W] with the `frames` frames before it that the layer has seen, or zeros: [B,C,frames+T,H,W]. Keeps its last frames.
  Tensor prepend(const std::string& layer, const Tensor& x, int64_t frames);

  /// True until the first chunk has ended.
  bool first_chunk() const { return first_; }
  void end_chunk() { first_ = false; }

 private:
  std::map<std::string, std::vector<Tensor>> slots_;
  bool first_ = true;
};

/// Applies causal `layers` to x [B,C,T,H,W] frame by frame, so that their features need memory for one frame only.
Tensor map_frames(const Tensor& x, const std::function<Tensor(const Tensor&)>& layers);

/// [B,C,T,H,W] with the channels of a pixel adjacent in memory, where convolutions and norms over channels are fastest.
Tensor channels_last(const Tensor& x);

/// A three-dimensional convolution that is causal in time: zero padding in space, earlier frames in time.
/// x [B,in,T,H,W] -> [B,out,T/stride,H,W], in the dtype of x.
struct CausalConv3d {
  /// `kernel`: frames, rows and columns, odd; `stride`: in frames.
  CausalConv3d(tensor::Weights w, int64_t in, int64_t out, std::array<int64_t, 3> kernel, int64_t stride = 1)
      : weight(w.get("weight", {out, in, kernel[0], kernel[1], kernel[2]})), bias(w.get("bias", {out})), stride(stride), name(w.path()) {}

  /// How many earlier frames the kernel covers.
  int64_t frames_before() const { return weight.size(2) - 1; }
  /// With stride 1; the earlier frames come from `cache`.
  Tensor operator()(const Tensor& x, FeatureCache& cache) const;
  /// x already begins with the earlier frames.
  Tensor forward(const Tensor& x) const;

  Tensor weight, bias;
  int64_t stride;
  std::string name;  // of its slot

 private:
  Tensor forward_frame(const Tensor& x, std::vector<Tensor>& before) const;
  Tensor convolve(const Tensor& x, const Tensor& kernel, const Tensor& offset) const;
};

}  // namespace zoetrope::nn
