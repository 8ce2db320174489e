#include "zoetrope/training/cells.h"

namespace zoetrope::training {
namespace {

constexpr int64_t values = 3 * 4 * 8 * 8;  // of a cell

/// frames [1,3,T,H,W] or focus [1,1,T,H,W] -> cells [n, channels*4*8*8], the first frame repeated to fill its group.
Tensor cut_cells(const Tensor& frames) {
  Tensor first = frames.narrow(2, 0, 1).expand({-1, -1, 3, -1, -1});
  return at::cat({first, frames}, 2)  // [1,c,4t,H,W]
      .unflatten(4, {-1, 8})
      .unflatten(3, {-1, 8})
      .unflatten(2, {-1, 4})              // [1,c,t,4,h,8,w,8]
      .permute({0, 2, 4, 6, 1, 3, 5, 7})  // [1,t,h,w,c,4,8,8]
      .flatten(4)
      .flatten(0, 3);
}

}  // namespace

Tensor soft_scales(const Tensor& deviations, const Tensor& worth) {
  constexpr double least = 1e-3;  // of the greatest worth: channels that do nothing are not blown up
  Tensor w = worth.clamp_min(worth.max() * least);
  return deviations * (w.mean() / w).sqrt();
}

std::map<std::string, Tensor> principal_cells(const data::Source& source, const data::ClipShape& shape, int64_t clips, int64_t channels,
                                              double focus_weight) {
  Tensor sum = at::zeros({values}, at::kDouble), products = at::zeros({values, values}, at::kDouble);
  double total = 0;
  for (int64_t i = 0; i < clips; ++i) {
    data::Example example = source.example(static_cast<uint64_t>(i), shape);
    Tensor cells = cut_cells(autoencoder::to_signal(example.clip.frames));  // [n,768]
    Tensor weights = at::ones({cells.size(0), 1});
    if (example.focus.defined()) {
      Tensor covered = example.focus.to(at::kFloat).div(255).view({1, 1, shape.frames, shape.height, shape.width});
      weights += (focus_weight - 1) * std::get<0>(cut_cells(covered).max(1, /*keepdim=*/true));
    }
    sum += (cells * weights).sum(0);
    products += at::matmul(cells.t(), cells * weights);
    total += weights.sum().item<double>();
  }
  Tensor mean = sum / total, covariance = products / total - at::outer(mean, mean);
  auto [variances, vectors] = at::linalg_eigh(covariance);                    // ascending
  Tensor basis = vectors.narrow(1, values - channels, channels).flip(1).t();  // [C,768]
  Tensor deviations = variances.narrow(0, values - channels, channels).flip(0).clamp_min(1e-12).sqrt();
  Tensor scales = soft_scales(deviations, deviations).unsqueeze(1);

  auto as_kernel = [&](const Tensor& rows) { return rows.to(at::kFloat).contiguous().view({channels, 12, 8, 8}); };
  Tensor mean_colour = mean.view({12, 64}).mean(1);  // the synthesis adds one colour a frame
  Tensor flat_mean = mean_colour.unsqueeze(1).expand({12, 64}).reshape({values});
  return {{"encoder.linear.weight", as_kernel(basis / scales)},
          {"encoder.linear.bias", -(at::mv(basis, flat_mean) / scales.squeeze(1)).to(at::kFloat)},
          {"decoder.linear.weight", as_kernel(basis * scales)},
          {"decoder.linear.bias", mean_colour.to(at::kFloat)}};
}

}  // namespace zoetrope::training
