#include "zoetrope/autoencoder/autoencoder.h"

#include <algorithm>
#include <cmath>

#include "zoetrope/base/error.h"

namespace zoetrope::autoencoder {

int64_t Geometry::nearest_length(double frames) const {
  return std::max<int64_t>(0, std::llround((frames - 1) / static_cast<double>(time))) * time + 1;
}

nn::FeatureCache DecodeStream::take(size_t part) {
  auto found = parts_.extract(part);
  if (found.empty()) return {};
  auto& [cache, tensors, formats] = found.mapped();
  size_t number = 0;
  for (const auto& [layer, kept] : cache.slots())
    for (Tensor& t : cache.slot(layer)) {
      if (!t.defined()) continue;
      t = tensors->get(number).to(t.device()).contiguous(formats[number]);
      ++number;
    }
  return std::move(cache);
}

void DecodeStream::put(size_t part, nn::FeatureCache cache) {
  Waiting waiting{{}, std::make_unique<base::Spool>(), {}};
  for (const auto& [layer, kept] : cache.slots())
    for (Tensor& t : cache.slot(layer)) {
      if (!t.defined()) continue;
      waiting.tensors->put(t);
      waiting.formats.push_back(t.suggest_memory_format());
      t = t.new_empty({0});
    }
  waiting.cache = std::move(cache);
  parts_.insert_or_assign(part, std::move(waiting));
}

Tensor VideoAutoencoder::encode(const Tensor& frames, base::Observer& observer) const {
  Geometry g = geometry();
  int64_t length = frames.size(2);
  if (!g.valid_length(length))
    throw base::Error("a clip of {} frames cannot be encoded: this autoencoder takes {}k+1 frames; use {}", length, g.time,
                      g.nearest_length(static_cast<double>(length)));
  if (frames.size(3) % g.space != 0 || frames.size(4) % g.space != 0)
    throw base::Error("frames of {}x{} cannot be encoded: both sides must be multiples of {}", frames.size(4), frames.size(3), g.space);
  nn::FeatureCache cache;
  std::vector<Tensor> latents;
  auto encode_next = [&](int64_t start, int64_t count) {
    observer.throw_if_cancelled();
    latents.push_back(encode_chunk(frames.narrow(2, start, count).to(placement_.device), cache));
    observer.progress("encoding", std::ssize(latents), g.latent_frames(length));
  };
  encode_next(0, 1);
  for (int64_t start = 1; start < length; start += g.time) encode_next(start, g.time);
  return at::cat(latents, 2);
}

Tensor VideoAutoencoder::encode(const Tensor& frames) const {
  base::Observer nobody;
  return encode(frames, nobody);
}

void VideoAutoencoder::decode(const Tensor& latents, base::Observer& observer, const std::function<void(const Tensor&)>& next,
                              DecodeStream* stream) const {
  nn::FeatureCache cache = stream != nullptr ? stream->take(0) : nn::FeatureCache();
  for (int64_t i = 0; i < latents.size(2); ++i) {
    observer.throw_if_cancelled();
    next(decode_chunk(latents.narrow(2, i, 1).to(placement_.device), cache));
    observer.progress("decoding", i + 1, latents.size(2));
  }
  if (stream != nullptr) stream->put(0, std::move(cache));
}

Tensor VideoAutoencoder::decode(const Tensor& latents) const {
  base::Observer nobody;
  std::vector<Tensor> clip;
  decode(latents, nobody, [&](const Tensor& frames) { clip.push_back(frames); });
  return at::cat(clip, 2);
}

Tensor to_model_range(const Tensor& frames) { return frames.to(at::kFloat).permute({3, 0, 1, 2}).unsqueeze(0) / 127.5 - 1; }

Tensor to_unit_range(const Tensor& signal) {
  return signal[0].to(at::kFloat).permute({1, 2, 3, 0}).add(1).mul(0.5).clamp(0, 1).contiguous();
}

Tensor to_bytes(const Tensor& unit) { return unit.mul(255).round().to(at::kByte); }

}  // namespace zoetrope::autoencoder
