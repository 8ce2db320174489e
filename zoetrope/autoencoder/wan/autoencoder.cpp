#include "zoetrope/autoencoder/wan/autoencoder.h"

#include <algorithm>

#include "zoetrope/autoencoder/wan/cost.h"
#include "zoetrope/base/spool.h"

namespace zoetrope::autoencoder::wan {
namespace {

/// Folds p x p pixels into channels, as Wan2.2 orders them: [B,C,T,H,W] -> [B,C*p*p,T,H/p,W/p], the column before the row.
Tensor fold(const Tensor& x, int64_t p) {
  if (p == 1) return x;
  Tensor parts = x.unflatten(4, {-1, p}).unflatten(3, {-1, p});  // [B,C,T,h,p,w,p]
  return parts.permute({0, 1, 6, 4, 2, 3, 5}).flatten(1, 3);
}

Tensor unfold(const Tensor& x, int64_t p) {
  if (p == 1) return x;
  Tensor parts = x.unflatten(1, {-1, p, p});  // [B,C,p,p,T,h,w]
  return parts.permute({0, 1, 4, 5, 3, 6, 2}).flatten(5, 6).flatten(3, 4);
}

Tensor per_channel(const std::vector<double>& values, at::Device device) {
  return at::tensor(values, at::TensorOptions(device).dtype(at::kFloat)).view({1, -1, 1, 1, 1});
}

}  // namespace

Autoencoder::Autoencoder(tensor::Weights w, const Config& c)
    : VideoAutoencoder(w.placement()),
      config_(c),
      mean_(per_channel(c.latents_mean, placement_.device)),
      deviation_(per_channel(c.latents_std, placement_.device)),
      encoder_(w / "encoder", c),
      quant_conv_(w / "quant_conv", 2 * c.latent_channels, 2 * c.latent_channels, k1),
      post_quant_conv_(w / "post_quant_conv", c.latent_channels, c.latent_channels, k1),
      decoder_(w / "decoder", c) {}

std::vector<Band> Autoencoder::cut(int64_t h, int64_t w, int64_t count) const {
  int dim = h > w ? 3 : 4;
  int64_t cells = std::max(h, w), scale = config_.space / config_.patch;
  std::vector<Band> bands;
  for (int64_t i = 0; i < count; ++i)
    bands.push_back(decoder_.band(dim, cells, {scale * (cells * i / count), scale * (cells * (i + 1) / count)}));
  return bands;
}

base::Cost Autoencoder::cost(int64_t t, int64_t h, int64_t w, int64_t count) const {
  const auto number = static_cast<int64_t>(at::elementSize(placement_.dtype));
  Geometry g = geometry();
  base::Cost all = features_cost(decoder_, h, w, number);
  double of_band = 0;
  for (const Band& band : cut(h, w, count)) {
    base::Cost cost = frames_cost(decoder_, band, std::min(h, w), number);
    all.flops += cost.flops;
    of_band = std::max(of_band, cost.bytes);
  }
  all.bytes = count == 1 ? all.bytes + of_band : std::max(all.bytes, of_band);
  all.flops *= static_cast<double>(g.frames(t)) / static_cast<double>(g.time);
  return all;
}

int64_t Autoencoder::bands(int64_t h, int64_t w) const {
  constexpr double enough = 0x1p31;  // bytes
  constexpr int64_t narrowest = 20;  // latent cells: of narrower bands much is computed twice
  int64_t best = 1;
  double least = cost(1, h, w, 1).bytes;
  for (int64_t count = 2; least > enough && count <= std::max(h, w) / narrowest; ++count)
    if (double bytes = cost(1, h, w, count).bytes; bytes < least) least = bytes, best = count;
  return best;
}

Tensor Autoencoder::encode_chunk(const Tensor& frames, nn::FeatureCache& cache) const {
  Tensor moments = quant_conv_.forward(encoder_(nn::channels_last(fold(frames.to(placement_.dtype), config_.patch)), cache));
  cache.end_chunk();
  return (moments.narrow(1, 0, config_.latent_channels).to(at::kFloat) - mean_) / deviation_;
}

Tensor Autoencoder::features(const Tensor& latent, nn::FeatureCache& cache) const {
  Tensor z = nn::channels_last((latent * deviation_ + mean_).to(placement_.dtype));
  return decoder_.features(post_quant_conv_.forward(z), cache);
}

Tensor Autoencoder::frames(const Tensor& features, nn::FeatureCache& cache, const Band& band) const {
  return unfold(decoder_.frames(band.of_features(features), cache, band), config_.patch).to(at::kFloat).clamp(-1, 1);
}

Tensor Autoencoder::decode_chunk(const Tensor& latent, nn::FeatureCache& cache) const {
  Tensor result = frames(features(latent, cache), cache, cut(latent.size(3), latent.size(4), 1).front());
  cache.end_chunk();
  return result;
}

void Autoencoder::decode(const Tensor& latents, base::Observer& observer, const std::function<void(const Tensor&)>& next,
                         DecodeStream* stream) const {
  int64_t count = bands(latents.size(3), latents.size(4));
  if (count == 1) return VideoAutoencoder::decode(latents, observer, next, stream);
  decode_in_bands(latents, count, observer, next, stream);
}

void Autoencoder::decode_in_bands(const Tensor& latents, int64_t count, base::Observer& observer,
                                  const std::function<void(const Tensor&)>& next, DecodeStream* stream) const {
  int64_t t = latents.size(2), done = 0;
  std::vector<Band> bands = cut(latents.size(3), latents.size(4), count);
  base::Spool features_of, frames_of;  // the features of each latent frame; the frames of each in the first band, in the second, ...
  auto of_all = [&](size_t part, auto&& compute) {  // latent frame after latent frame, with the cache of the features or of a band
    nn::FeatureCache cache = stream != nullptr ? stream->take(part) : nn::FeatureCache();
    for (int64_t i = 0; i < t; ++i) {
      observer.throw_if_cancelled();
      compute(i, cache);
      cache.end_chunk();
      observer.progress("decoding", ++done, (count + 1) * t);
    }
    if (stream != nullptr) stream->put(part, std::move(cache));
  };
  of_all(0, [&](int64_t i, nn::FeatureCache& cache) { features_of.put(features(latents.narrow(2, i, 1).to(placement_.device), cache)); });
  for (size_t band = 0; band < bands.size(); ++band)
    of_all(1 + band, [&](int64_t i, nn::FeatureCache& cache) {
      frames_of.put(frames(nn::channels_last(features_of.get(i).to(placement_.device)), cache, bands[band]));
    });
  for (int64_t i = 0; i < t; ++i) {
    std::vector<Tensor> parts;
    for (int64_t band = 0; band < count; ++band) parts.push_back(frames_of.get(band * t + i));
    next(at::cat(parts, bands.front().dim).to(placement_.device));
  }
}

}  // namespace zoetrope::autoencoder::wan
