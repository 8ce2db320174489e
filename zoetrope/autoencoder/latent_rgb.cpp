#include "zoetrope/autoencoder/latent_rgb.h"

#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/base/random.h"

namespace zoetrope::autoencoder {
namespace {

/// Latents [B,C,t,h,w] as rows [B*t*h*w,C+1] that end with a 1, for what is added.
Tensor rows_of(const Tensor& latents, at::ScalarType dtype) {
  Tensor cells = latents.to(at::kCPU, dtype).movedim(1, -1).flatten(0, -2);
  return at::constant_pad_nd(cells, {0, 1}, 1);
}

}  // namespace

Tensor LatentRgb::operator()(const Tensor& latents) const {
  return at::mm(rows_of(latents, at::kFloat), factors).clamp(0, 1).view({latents.size(2), latents.size(3), latents.size(4), 3});
}

LatentRgbFit::LatentRgbFit(int64_t channels)
    : xx_(at::zeros({channels + 1, channels + 1}, at::kDouble)), xy_(at::zeros({channels + 1, 3}, at::kDouble)) {}

void LatentRgbFit::add(const Tensor& latents, const Tensor& frames) {
  Tensor images = frames.to(at::kCPU, at::kFloat).mean(2);                               // [B,3,H,W]
  Tensor colours = at::adaptive_avg_pool2d(images, {latents.size(3), latents.size(4)});  // [B,3,h,w]
  Tensor x = rows_of(latents, at::kDouble);                                              // [n,C+1]
  Tensor y = colours.to(at::kDouble).movedim(1, -1).flatten(0, 2).add(1).mul(.5);        // [n,3]
  xx_ += at::mm(x.t(), x);
  xy_ += at::mm(x.t(), y);
}

LatentRgb LatentRgbFit::solve() const { return {std::get<0>(at::linalg_lstsq(xx_, xy_, std::nullopt, "gelsd")).to(at::kFloat)}; }

LatentRgbFit fit_constant_latents(const VideoAutoencoder& autoencoder, base::Observer& observer) {
  constexpr int64_t side = 4;        // latent cells
  constexpr uint64_t any_seed = 17;  // the same map each time
  at::NoGradGuard no_grad;
  const int64_t channels = autoencoder.geometry().channels, images = 2 * (channels + 1);
  LatentRgbFit fit(channels);
  at::Generator generator = base::generator(any_seed);
  for (int64_t i = 0; i < images; ++i) {
    observer.throw_if_cancelled();
    Tensor latent = base::randn({1, channels, 1, 1, 1}, generator), frame = autoencoder.decode(latent.expand({-1, -1, -1, side, side}));
    fit.add(latent, frame);
    observer.progress("preparing previews", i + 1, images);
  }
  return fit;
}

}  // namespace zoetrope::autoencoder
