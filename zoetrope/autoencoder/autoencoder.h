#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "zoetrope/autoencoder/latent_rgb.h"
#include "zoetrope/base/cost.h"
#include "zoetrope/base/progress.h"
#include "zoetrope/base/spool.h"
#include "zoetrope/base/tensor.h"
#include "zoetrope/nn/causal_conv3d.h"
#include "zoetrope/tensor/placement.h"

namespace zoetrope::autoencoder {

/// Compression of an autoencoder: the first frame becomes the first latent frame, each `time` frames after it one more.
struct Geometry {
  int64_t time = 4, space = 8, channels = 16;

  int64_t latent_frames(int64_t frames) const { return (frames - 1) / time + 1; }
  int64_t frames(int64_t latent_frames) const { return (latent_frames - 1) * time + 1; }
  bool valid_length(int64_t frames) const { return frames >= 1 && (frames - 1) % time == 0; }
  /// The valid length nearest to `frames`.
  int64_t nearest_length(double frames) const;
};

/// What the decoding of a clip remembers where it is decoded piece by piece: a cache for each part that the autoencoder decodes by itself.
/// Between two pieces they wait on the disk, so that the memory is free for what makes the next one.
class DecodeStream {
 public:
  /// The cache of a part, as it was put; a new one at the start of the clip.
  nn::FeatureCache take(size_t part);
  void put(size_t part, nn::FeatureCache cache);

 private:
  struct Waiting {
    nn::FeatureCache cache;  // its tensors are empty
    std::unique_ptr<base::Spool> tensors;
    std::vector<at::MemoryFormat> formats;  // of each
  };
  std::map<size_t, Waiting> parts_;
};

/// Frames <-> latents, causal in time. Frames are [B,3,T,H,W] in [-1,1] with T = time*k + 1; latents [B,C,t,h,w] are in the denoiser's
/// space (normalised). Frames and latents may be on any device; what comes back is on that of the weights. Whole clips are processed one
/// latent frame at a time as well, so a stream is bit-equal to the whole for any chunks, and memory does not grow with length; an
/// autoencoder may decode very large clips in another order.
class VideoAutoencoder {
 public:
  explicit VideoAutoencoder(const tensor::Placement& placement = {}) : placement_(placement) {}
  virtual ~VideoAutoencoder() = default;
  const tensor::Placement& placement() const { return placement_; }
  virtual Geometry geometry() const = 0;
  /// The map that the autoencoder's files have, for previews; else one is fitted.
  virtual std::optional<LatentRgb> latent_rgb() const { return {}; }
  /// Estimated cost of decoding t latent frames of h x w, including the cache.
  virtual base::Cost decode_cost(int64_t t, int64_t h, int64_t w) const = 0;

  /// The next latent frame [B,C,1,h,w] of the next frames: one at the start of a stream, `time` afterwards. On the device of the weights.
  virtual Tensor encode_chunk(const Tensor& frames, nn::FeatureCache& cache) const = 0;
  /// The next frames of the next latent frame [B,C,1,h,w]: one at the start of a stream, `time` afterwards. On the device of the weights.
  virtual Tensor decode_chunk(const Tensor& latent, nn::FeatureCache& cache) const = 0;

  /// An error names a length or size that cannot be encoded. The observer hears each latent frame.
  Tensor encode(const Tensor& frames, base::Observer& observer) const;
  Tensor encode(const Tensor& frames) const;
  /// Calls `next` with the frames of each latent frame, in order. The latents are a clip, or the next piece of the clip of `stream`: its
  /// frames are those of the whole, bit for bit.
  virtual void decode(const Tensor& latents, base::Observer& observer, const std::function<void(const Tensor& frames)>& next,
                      DecodeStream* stream = nullptr) const;
  Tensor decode(const Tensor& latents) const;

 protected:
  tensor::Placement placement_;
};

/// uint8 frames [T,H,W,3] -> [1,3,T,H,W] fp32 in [-1,1].
Tensor to_model_range(const Tensor& frames);
/// [1,3,T,H,W] in [-1,1], or beyond -> fp32 frames [T,H,W,3] in [0,1].
Tensor to_unit_range(const Tensor& signal);
/// fp32 frames in [0,1] -> uint8, rounded.
Tensor to_bytes(const Tensor& unit);

}  // namespace zoetrope::autoencoder
