#pragma once
#include <array>
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
  /// The layer has nothing to remember in the first chunk, and finds zeros in the second.
  void skip();

 private:
  Tensor& slot();

  std::vector<Tensor>& memory_;
  bool first_;
  size_t turn_ = 0;
};

/// A three-dimensional convolution that sees no frame before it is shown: zeros around the picture, the past before the first frame.
/// x [B,in,T,H,W] -> [B,out,T/stride,H,W], in the dtype of x.
struct CausalConv3d {
  /// Of `kernel` frames, rows and columns, odd ones; `stride` frames apart.
  CausalConv3d(tensor::Weights w, int64_t in, int64_t out, std::array<int64_t, 3> kernel, int64_t stride = 1)
      : weight(w.get("weight", {out, in, kernel[0], kernel[1], kernel[2]})), bias(w.get("bias", {out})), stride(stride) {}

  /// With stride 1: the frames before x come from `past`.
  Tensor operator()(const Tensor& x, Past& past) const;
  /// x has the frames before it already.
  Tensor without_past(const Tensor& x) const;

  Tensor weight, bias;
  int64_t stride;
};

}  // namespace zoetrope::nn
