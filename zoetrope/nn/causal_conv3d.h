#pragma once
#include <array>
#include <functional>
#include <span>
#include <vector>

#include "zoetrope/tensor/weights.h"

namespace zoetrope::nn {

/// What the causal layers of a stream remember from one chunk of frames to the next, in the order in which they ask.
class Past {
 public:
  /// `memory` is empty before the first chunk of a stream and is kept from chunk to chunk.
  explicit Past(std::vector<Tensor>& memory) : memory_(memory), first_(memory.empty()) {}

  bool first_chunk() const { return first_; }
  /// x [B,C,T,H,W] behind the `frames` frames that this layer had before it, which are zeros where there were none: [B,C,frames+T,H,W].
  Tensor behind(const Tensor& x, int64_t frames);
  /// The layer, which remembers so many frames, has nothing to remember in the first chunk, and finds zeros in the second.
  void skip(int64_t frames);

  /// The `frames` last frames that the layer had whose turn it is, each [B,C,1,H,W], undefined where there were none; it puts those
  /// in their place that it wants to see next.
  std::span<Tensor> of_next(int64_t frames);
  /// Whose turn it is; `go_back` there lets the same layers ask for the next frames of the chunk.
  size_t turn() const { return turn_; }
  void go_back(size_t turn) { turn_ = turn; }

 private:
  std::vector<Tensor>& memory_;
  bool first_;
  size_t turn_ = 0;
};

/// What causal `layers` make of x [B,C,T,H,W], one frame after the other, so that there is room for one frame inside of them.
Tensor frame_by_frame(const Tensor& x, Past& past, const std::function<Tensor(const Tensor&)>& layers);

/// [B,C,T,H,W] with the channels of a cell beside each other in memory, where convolutions and norms over channels are fastest.
Tensor channels_last(const Tensor& x);

/// A three-dimensional convolution that sees no frame before it is shown: zeros around the picture, the past before the first frame.
/// x [B,in,T,H,W] -> [B,out,T/stride,H,W], in the dtype of x.
struct CausalConv3d {
  /// Of `kernel` frames, rows and columns, odd ones; `stride` frames apart.
  CausalConv3d(tensor::Weights w, int64_t in, int64_t out, std::array<int64_t, 3> kernel, int64_t stride = 1)
      : weight(w.get("weight", {out, in, kernel[0], kernel[1], kernel[2]})), bias(w.get("bias", {out})), stride(stride) {}

  /// How many frames before the one that it stands at the kernel sees.
  int64_t frames_before() const { return weight.size(2) - 1; }
  /// With stride 1: the frames before x come from `past`.
  Tensor operator()(const Tensor& x, Past& past) const;
  /// x has the frames before it already.
  Tensor without_past(const Tensor& x) const;

  Tensor weight, bias;
  int64_t stride;

 private:
  Tensor one_frame(const Tensor& x, std::span<Tensor> before) const;
  Tensor convolve(const Tensor& x, const Tensor& kernel, const Tensor& offset) const;
};

}  // namespace zoetrope::nn
