#include "zoetrope/generation/latent_preview.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/media/resize.h"
#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::generation {
namespace {

constexpr const char* factors_name = "latent_rgb";

/// Where the map of a model is kept; empty where the user has no cache.
std::filesystem::path cache_file(const model::Model& model) {
  const std::filesystem::path cache = base::cache_folder();
  return cache.empty() ? cache : cache / "previews" / (model.fingerprint() + ".safetensors");
}

/// What was kept, if it is there and fits.
std::optional<autoencoder::LatentRgb> read_map(const std::filesystem::path& file, int64_t channels) {
  if (file.empty() || !std::filesystem::exists(file)) return {};
  try {
    Tensor factors = tensor::SafetensorsFile(file).tensor(factors_name);
    if (factors.scalar_type() == at::kFloat && factors.sizes() == at::IntArrayRef{channels + 1, 3}) return {{factors}};
  } catch (const base::Error&) {
    // another program's, or a broken disk: fitted again
  }
  return {};
}

}  // namespace

void LatentPreview::prepare() {
  if (map_) return;
  const autoencoder::VideoAutoencoder& autoencoder = *model_.components().autoencoder;
  map_ = autoencoder.latent_rgb();
  if (!map_) map_ = read_map(cache_file(model_), autoencoder.geometry().channels);
  if (map_) return;
  fit_ = autoencoder::fit_constant_latents(autoencoder, observer_);
  map_ = fit_->solve();
}

Tensor LatentPreview::frames(const Tensor& latents) {
  constexpr int64_t large_enough = 256;  // pixels
  prepare();
  const int64_t h = latents.size(3), w = latents.size(4),
                scale = std::clamp<int64_t>(large_enough / std::max(h, w), 1, model_.geometry().space);
  return media::resize((*map_)(latents).mul(255).round().to(at::kByte), scale * h, scale * w);
}

void LatentPreview::learn(const Tensor& latent, const Tensor& frames) {
  if (fit_) fit_->add(latent, frames);
}

void LatentPreview::keep() {
  if (!fit_) return;
  map_ = fit_->solve();
  fit_.reset();
  const std::filesystem::path file = cache_file(model_);
  if (file.empty()) return;
  try {
    tensor::write_safetensors(file, std::map<std::string, Tensor>{{factors_name, map_->factors}});
  } catch (const base::Error& error) {
    observer_.notice(fmt::format("the colours of previews are fitted again next time: {}", error.what()));
  }
}

}  // namespace zoetrope::generation
