#pragma once
#include <vector>

#include "zoetrope/base/tensor.h"

namespace zoetrope::generation {

/// Takes what a run generates, chunk by chunk.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  /// The sampled latents [C,t,h,w] fp32, whole: before they are decoded, or behind the frames of a clip of several windows. Of a model that
  /// animates an image, all of each window's: from the second on they begin with the latent of a frame that is there already.
  virtual void latents(const Tensor& /*latents*/) {}
  /// The next frames [n,H,W,3] fp32 in 0..1, and how much of each pixel was generated: [n,H,W] fp32, 0 where it was given and is as it was,
  /// 1 where all of it was made; undefined: all were.
  virtual void frames(const Tensor& frames, const Tensor& generated = {}) = 0;
  /// Everything has come. Until here nothing may show outside.
  virtual void finish() {}
};

/// Keeps everything in memory.
class CollectingSink : public FrameSink {
 public:
  void latents(const Tensor& latents) override { latents_ = latents; }
  void frames(const Tensor& frames, const Tensor& /*generated*/ = {}) override { chunks_.push_back(frames.clone()); }

  const Tensor& latents() const { return latents_; }
  Tensor frames() const { return at::cat(chunks_); }  // [T,H,W,3]

 private:
  Tensor latents_;
  std::vector<Tensor> chunks_;
};

}  // namespace zoetrope::generation
