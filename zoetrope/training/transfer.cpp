#include "zoetrope/training/transfer.h"

#include <unordered_map>

#include "zoetrope/base/error.h"

namespace zoetrope::training {
namespace {

/// latents [1,C,t,h,w] -> cells [n,C], double.
Tensor latent_cells(const Tensor& latents) { return latents[0].flatten(1).t().to(at::kDouble).cpu(); }

/// The W with the least squared error of x W against y, from their covariances. A small ridge keeps channels that never vary at 0.
Tensor regression(const Tensor& xx, const Tensor& xy) {
  Tensor ridge = at::eye(xx.size(0), xx.options()) * xx.diagonal().mean() * 1e-6;
  return at::linalg_solve(xx + ridge, xy);
}

/// A matrix whose singular values beyond the first `rank` are made as large as the last of these.
Tensor of_full_rank(const Tensor& matrix, int64_t rank) {
  auto [u, s, v] = at::linalg_svd(matrix, /*full_matrices=*/false);
  return at::matmul(u * s.clamp_min(s[std::min(rank, s.size(0)) - 1]), v);
}

}  // namespace

bool LatentMaps::same() const {
  if (forward.size(0) != forward.size(1)) return false;
  return explained > 0.999 && (forward - at::eye(forward.size(0))).abs().max().item<double>() < 0.02;
}

LatentMaps fit_latent_maps(const autoencoder::VideoAutoencoder& from, const autoencoder::VideoAutoencoder& to, const data::Dataset& dataset,
                           const data::ClipShape& shape, int64_t clips) {
  at::NoGradGuard no_grad;
  const autoencoder::Geometry a = from.geometry(), b = to.geometry();
  if (a.time != b.time || a.space != b.space)
    throw base::UsageError(
        "the initial model's autoencoder compresses {}x{}x{} and the new one {}x{}x{}; its weights cannot be carried over", a.time, a.space,
        a.space, b.time, b.space, b.space);
  const int64_t channels = a.channels + b.channels;
  Tensor products = at::zeros({channels, channels}, at::kDouble), sum = at::zeros({channels}, at::kDouble);
  double cells = 0;
  for (int64_t i = 0; i < clips; ++i) {
    Tensor frames = autoencoder::to_model_range(dataset.example(static_cast<uint64_t>(i), shape).clip.frames);
    Tensor both =
        at::cat({latent_cells(from.encode(frames.to(from.placement().device))), latent_cells(to.encode(frames.to(to.placement().device)))},
                1);  // [n,C_from + C_to]
    products += at::matmul(both.t(), both);
    sum += both.sum(0);
    cells += static_cast<double>(both.size(0));
  }
  Tensor mean = sum / cells, covariance = products / cells - at::outer(mean, mean);
  auto block = [&](int64_t row, int64_t rows, int64_t column, int64_t columns) {
    return covariance.narrow(0, row, rows).narrow(1, column, columns);
  };
  Tensor xx = block(0, a.channels, 0, a.channels), xy = block(0, a.channels, a.channels, b.channels);
  Tensor yy = block(a.channels, b.channels, a.channels, b.channels);
  Tensor forward = regression(xx, xy), backward = regression(yy, xy.t());
  double explained = (at::matmul(forward.t(), xy).diagonal().sum() / yy.diagonal().sum()).item<double>();
  return {forward.to(at::kFloat), backward.to(at::kFloat), explained};
}

TransferredDenoiser::TransferredDenoiser(tensor::WeightSource& from, LatentMaps maps, const transformer::native::Config& config)
    : WeightSource(from.placement()), from_(from), maps_(std::move(maps)), cells_(config.patch * config.patch) {}

Tensor TransferredDenoiser::get(const std::string& name, at::IntArrayRef shape) {
  const int64_t channels = maps_.forward.size(0);
  // The values of a patch are [C,p,p].
  if (name == "patch_in.weight") {
    Tensor weight = from_.get(name, {shape[0], channels * cells_}).to(at::kFloat).cpu().view({shape[0], channels, cells_});
    Tensor carried = at::einsum("dfk,tf->dtk", {weight, maps_.backward}).reshape(shape);
    return of_full_rank(carried, std::min(channels, maps_.forward.size(1)) * cells_).to(placement_.device);
  }
  if (name == "patch_out.weight" || name == "patch_out.bias") {
    std::vector<int64_t> before = shape.vec();
    before[0] = channels * cells_;
    Tensor weight = from_.get(name, before).to(at::kFloat).cpu().reshape({channels, cells_, -1});
    return at::einsum("fkd,ft->tkd", {weight, maps_.forward}).reshape(shape).to(placement_.device);
  }
  return from_.get(name, shape);
}

Tensor transfer_embeddings(const Tensor& table, const text::Tokenizer& from, const text::Tokenizer& to) {
  std::unordered_map<std::string, int64_t> known;
  for (int64_t id = 0; id < from.vocabulary_size(); ++id) known.emplace(from.piece(id), id);
  std::vector<Tensor> rows;
  for (int64_t id = 0; id < to.vocabulary_size(); ++id) {
    if (auto found = known.find(to.piece(id)); found != known.end()) {
      rows.push_back(table[found->second]);
      continue;
    }
    std::vector<int64_t> parts = from.encode(to.decode({id}));
    parts.pop_back();  // </s>
    if (parts.empty()) parts.push_back(from.unknown_id());
    rows.push_back(table.index_select(0, at::tensor(parts, at::kLong).to(table.device())).to(at::kFloat).mean(0).to(table.scalar_type()));
  }
  return at::stack(rows);
}

}  // namespace zoetrope::training
