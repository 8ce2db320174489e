#pragma once
#include <cmath>

#include "zoetrope/tensor/linear.h"
#include "zoetrope/tensor/weights.h"

namespace zoetrope::nn {

using tensor::Weights;

/// y = x W^T + b. x [..., in] -> [..., out]. The weights are cast to the dtype of x, so the caller's dtype is the compute dtype.
struct Linear {
  enum class Bias { yes, no };

  Linear(Weights w, int64_t in, int64_t out, Bias with_bias = Bias::yes)
      : weight(w.get("weight", {out, in})),
        bias(with_bias == Bias::yes ? w.get("bias", {out}) : Tensor()),
        kernel(w.kernel(weight, bias)) {}

  Tensor operator()(const Tensor& x) const { return kernel ? kernel->apply(x) : tensor::linear(x, weight, bias); }

  Tensor weight, bias;
  std::shared_ptr<const tensor::LinearKernel> kernel;
};

/// A table of vectors, one a row. Its numbers may be stored as those of a linear layer are.
struct Embedding {
  Embedding(Weights w, int64_t rows, int64_t width) : weight(w.get("weight", {rows, width})), kernel(w.kernel(weight, {})) {}

  /// ids [...] int64 -> their rows [..., width] in `dtype`.
  Tensor operator()(const Tensor& ids, at::ScalarType dtype) const {
    return (kernel ? kernel->rows(ids) : at::embedding(weight, ids)).to(dtype);
  }

  Tensor weight;
  std::shared_ptr<const tensor::LinearKernel> kernel;
};

/// A two-dimensional convolution with zero padding that keeps the size (odd kernels, stride 1) or divides it by the stride.
/// x [B,in,H,W] -> [B,out,H/stride,W/stride], in the dtype of x.
struct Conv2d {
  Conv2d(tensor::Weights w, int64_t in, int64_t out, int64_t kernel, int64_t stride = 1)
      : weight(w.get("weight", {out, in, kernel, kernel})), bias(w.get("bias", {out})), stride(stride), padding(kernel / 2) {}

  Tensor operator()(const Tensor& x) const {
    return at::conv2d(x, weight.to(x.scalar_type()), bias.to(x.scalar_type()), {stride, stride}, {padding, padding});
  }

  Tensor weight, bias;
  int64_t stride, padding;
};

/// Root-mean-square norm with a learned gain over the last dimension (Zhang & Sennrich 2019). Computed in the dtype of x.
struct RmsNorm {
  RmsNorm(tensor::Weights w, int64_t width, double epsilon = 1e-6) : weight(w.get("weight", {width})), epsilon(epsilon) {}

  /// x [..., width] -> [..., width].
  Tensor operator()(const Tensor& x) const { return at::rms_norm(x, weight.sizes(), weight.to(x.scalar_type()), epsilon); }

  Tensor weight;
  double epsilon;
};

/// Layer norm with a learned gain and shift over the last dimension (Ba et al. 2016). Computed in fp32, given in the dtype of x.
struct LayerNorm {
  LayerNorm(tensor::Weights w, int64_t width, double epsilon)
      : weight(w.get("weight", {width})), bias(w.get("bias", {width})), epsilon(epsilon) {}

  /// x [..., width] -> [..., width].
  Tensor operator()(const Tensor& x) const {
    return at::layer_norm(x.to(at::kFloat), weight.sizes(), weight.to(at::kFloat), bias.to(at::kFloat), epsilon).to(x.scalar_type());
  }

  Tensor weight, bias;
  double epsilon;
};

/// Group norm with gain and shift (Wu & He 2018) over channels, the second dimension. Computed in the dtype of x.
struct GroupNorm {
  GroupNorm(tensor::Weights w, int64_t channels, int64_t groups, double epsilon = 1e-6)
      : weight(w.get("weight", {channels})), bias(w.get("bias", {channels})), groups(groups), epsilon(epsilon) {}

  /// x [B,channels,...] -> the same shape.
  Tensor operator()(const Tensor& x) const {
    return at::group_norm(x, groups, weight.to(x.scalar_type()), bias.to(x.scalar_type()), epsilon);
  }

  Tensor weight, bias;
  int64_t groups;
  double epsilon;
};

/// Sinusoidal embedding of timesteps: cosines, then sines, at frequency_embedding_size / 2 frequencies from 1 to 1/10000 (Vaswani et al.
/// 2017). timesteps [...] -> [...,frequency_embedding_size] in fp32. `downscale_freq_shift` is that of diffusers: 1 if the last frequency
/// is 1/10000 (DDPM), 0 if it is one before (the transformer). The order of operations is diffusers', too: at timestep 1000 another order
/// differs in the fourth decimal.
inline Tensor sinusoid(const Tensor& timesteps, int64_t frequency_embedding_size, int64_t downscale_freq_shift = 0) {
  int64_t half = frequency_embedding_size / 2;
  Tensor steps = at::arange(half, timesteps.options().dtype(at::kFloat));
  Tensor frequencies = at::exp(-std::log(10000.0) * steps / static_cast<double>(half - downscale_freq_shift));
  Tensor angles = timesteps.to(at::kFloat).unsqueeze(-1) * frequencies;
  return at::cat({angles.cos(), angles.sin()}, -1);
}

}  // namespace zoetrope::nn
