#include "zoetrope/training/pca_init.h"

namespace zoetrope::training {
namespace {

constexpr int64_t values = 3 * 4 * 8 * 8;  // of a cell

/// frames [1,3,T,H,W] -> cells [n, 3*4*8*8], in the order t, h, w.
Tensor cut_cells(const Tensor& frames) {
  return at::pixel_unshuffle(autoencoder::native::frame_groups(frames), 8)  // [t,768,h,w]
      .flatten(2)
      .transpose(1, 2)
      .flatten(0, 1);
}

}  // namespace

Tensor latent_scales(const Tensor& deviations, const Tensor& importance) {
  constexpr double minimum = 1e-3;  // of the largest importance: channels without effect are not amplified
  Tensor w = importance.clamp_min(importance.max() * minimum);
  return deviations * (w.mean() / w).sqrt();
}

std::map<std::string, Tensor> pca_encoder(const data::Dataset& dataset, const data::ClipShape& shape, int64_t clips, int64_t channels,
                                          double subject_weight) {
  Tensor sum = at::zeros({values}, at::kDouble), products = at::zeros({values, values}, at::kDouble);
  double total = 0;
  for (int64_t i = 0; i < clips; ++i) {
    data::Example example = dataset.example(static_cast<uint64_t>(i), shape);
    Tensor cells = cut_cells(autoencoder::to_model_range(example.clip.frames));  // [n,768]
    Tensor weights = at::ones({cells.size(0), 1});
    if (example.subject_mask.defined()) {
      Tensor covered =
          example.subject_mask.to(at::kFloat).div(255).view({1, 1, shape.frames, shape.height, shape.width}).expand({-1, 3, -1, -1, -1});
      weights += (subject_weight - 1) * std::get<0>(cut_cells(covered).max(1, /*keepdim=*/true));
    }
    sum += (cells * weights).sum(0);
    products += at::matmul(cells.t(), cells * weights);
    total += weights.sum().item<double>();
  }
  Tensor mean = sum / total, covariance = products / total - at::outer(mean, mean);
  auto [variances, vectors] = at::linalg_eigh(covariance);                    // ascending
  Tensor basis = vectors.narrow(1, values - channels, channels).flip(1).t();  // [C,768]
  Tensor deviations = variances.narrow(0, values - channels, channels).flip(0).clamp_min(1e-12).sqrt();
  Tensor scales = latent_scales(deviations, deviations).unsqueeze(1);

  auto as_kernel = [&](const Tensor& rows) { return rows.to(at::kFloat).contiguous().view({channels, 12, 8, 8}); };
  Tensor mean_colour = mean.view({12, 64}).mean(1);  // one colour per frame
  Tensor flat_mean = mean_colour.unsqueeze(1).expand({12, 64}).reshape({values});
  return {{"encoder.linear.weight", as_kernel(basis / scales)},
          {"encoder.linear.bias", -(at::mv(basis, flat_mean) / scales.squeeze(1)).to(at::kFloat)}};
}

std::map<std::string, Tensor> fit_synthesis(const autoencoder::native::Autoencoder& model, const data::Dataset& dataset,
                                            const data::ClipShape& shape, int64_t clips, double noise) {
  at::NoGradGuard no_grad;
  Tensor products, targets;  // of the normal equations
  int64_t rows = 0, inputs = 0;
  for (int64_t i = 0; i < clips; ++i) {
    Tensor frames = autoencoder::to_model_range(dataset.example(static_cast<uint64_t>(i), shape).clip.frames);
    Tensor z = model.encode_batch(frames.to(model.placement().device))[0].cpu().transpose(0, 1);  // [t,C,h,w]
    Tensor before = autoencoder::native::shift_by_latent_frame(z, z.size(0));
    Tensor x = at::im2col(at::cat({before, z}, 1), {3, 3}, {1, 1}, {1, 1}, {1, 1}).transpose(1, 2).flatten(0, 1);  // [n,18C]
    Tensor y = cut_cells(frames);                                                                                  // [n,768]
    x = at::cat({x, at::ones({x.size(0), 1})}, 1);
    Tensor xx = at::matmul(x.t(), x).to(at::kDouble), xy = at::matmul(x.t(), y).to(at::kDouble);
    products = products.defined() ? products + xx : xx;
    targets = targets.defined() ? targets + xy : xy;
    rows += x.size(0), inputs = x.size(1) - 1;
  }
  products.diagonal().narrow(0, 0, inputs).add_(noise * noise * static_cast<double>(rows));
  products.diagonal().add_(1e-6 * static_cast<double>(rows));                // in case a latent is constant
  Tensor solution = at::linalg_solve(products, targets).t().to(at::kFloat);  // [768,18C+1]
  return {{"decoder.synthesis.weight", solution.narrow(1, 0, inputs).reshape({values, -1, 3, 3}).contiguous()},
          {"decoder.synthesis.bias", solution.select(1, inputs).contiguous()}};
}

}  // namespace zoetrope::training
