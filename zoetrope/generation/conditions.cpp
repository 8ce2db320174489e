#include "zoetrope/generation/conditions.h"

#include "zoetrope/base/error.h"
#include "zoetrope/base/hash.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/media/resize.h"
#include "zoetrope/media/timing.h"

namespace zoetrope::generation {
namespace {

/// Frames of the new clip that are given, and the latent frames that they determine.
struct EncodedCondition {
  int64_t start;  // frame
  Tensor frames;  // [n,H,W,3] uint8
  int64_t latent_start;
  Tensor latents;  // [1,C,n,h,w]
};

/// Latent frame 0 holds one frame, each later one a group of frames with history. So frames that start later are encoded behind a repeated
/// first frame, whose latent is dropped. A single image stands for its whole group.
EncodedCondition encode_condition(Tensor frames, int64_t start, int64_t length, const autoencoder::VideoAutoencoder& autoencoder,
                                  const std::filesystem::path& name) {
  int64_t group = autoencoder.geometry().time;
  int64_t count = std::min(frames.size(0), length - start);
  if (start < 0 || count < 1) throw base::UsageError("'{}' starts at frame {}, but the clip has {} frames", name.string(), start, length);
  frames = frames.narrow(0, 0, count);
  if (start == 0) {
    count = (count - 1) / group * group + 1;
    frames = frames.narrow(0, 0, count);
    return {0, frames, 0, autoencoder.encode(autoencoder::to_model_range(frames))};
  }
  if (count == 1) {
    Tensor still = frames.expand({group + 1, -1, -1, -1});
    return {start, frames, (start - 1) / group + 1, autoencoder.encode(autoencoder::to_model_range(still)).narrow(2, 1, 1)};
  }
  int64_t skipped = (group - (start - 1) % group) % group, groups = (count - skipped) / group;
  if (groups < 1)
    throw base::UsageError("'{}' is too short: from frame {} it needs {} frames, it has {}", name.string(), start, skipped + group, count);
  frames = frames.narrow(0, skipped, groups * group);
  start += skipped;
  Tensor behind_first = at::cat({frames.narrow(0, 0, 1), frames});
  return {start, frames, (start - 1) / group + 1, autoencoder.encode(autoencoder::to_model_range(behind_first)).narrow(2, 1, groups)};
}

void insert(const EncodedCondition& condition, double denoise, const std::filesystem::path& name, EncodedConditions& all) {
  int64_t count = condition.latents.size(2);
  if (all.mask.values.narrow(0, condition.latent_start, count).min().item<double>() < 1)
    throw base::UsageError("'{}' covers frames that are already given: ask for more frames, or omit one of the two", name.string());
  all.mask.latents.narrow(2, condition.latent_start, count).copy_(condition.latents);
  all.mask.values.narrow(0, condition.latent_start, count).fill_(denoise);
  if (denoise == 0) all.pixel_conditions.push_back({condition.start, condition.frames, name});
}

/// How many frames of a video of `length` are part of the new clip of `frames`: up to half of the clip, a whole number of groups (one more
/// frame if they come first, at least one group if not).
int64_t context_length(int64_t length, int64_t frames, int64_t group, bool first) {
  int64_t extra = first ? 1 : 0, half = std::max(frames / 2 + 1, first ? 1 : group);
  return (std::min(length, half) - extra) / group * group + extra;
}

void extend(const Request& request, const Tensor& video, const autoencoder::VideoAutoencoder& autoencoder, EncodedConditions& all) {
  bool after = request.extend == Extend::after;
  int64_t length = video.size(0), context = context_length(length, request.frames, autoencoder.geometry().time, after);
  const std::filesystem::path& name = request.conditions.front().media;
  if (context < 1)
    throw base::UsageError("'{}' has {} frames; extending it before its beginning needs at least {}", name.string(), length,
                           autoencoder.geometry().time);
  if (context >= request.frames)
    throw base::InvalidRequest("frames", "must be more than {}, which leaves nothing to generate beside '{}'", request.frames,
                               name.string());
  int64_t outside = length - context;
  Tensor seen = video.narrow(0, after ? outside : 0, context);
  insert(encode_condition(seen, after ? 0 : request.frames - context, request.frames, autoencoder, name), 0, name, all);
  if (after)
    all.before = video.narrow(0, 0, outside);
  else
    all.after = video.narrow(0, context, outside);
}

}  // namespace

void hash_media(Request& request, const std::filesystem::path& beside) {
  for (Condition& condition : request.conditions) {
    if (std::filesystem::path there = beside / condition.media.filename();
        !std::filesystem::exists(condition.media) && std::filesystem::exists(there))
      condition.media = there;
    if (!std::filesystem::exists(condition.media))
      throw base::UsageError("'{}' does not exist; put it into this folder, or beside the file that the request is from",
                             condition.media.string());
    std::string hash = base::sha256_of_file(condition.media);
    if (!condition.sha256.empty() && condition.sha256 != hash)
      throw base::UsageError("'{}' is not the file that the request was made with: its SHA-256 is {}, not {}", condition.media.string(),
                             hash, condition.sha256);
    condition.sha256 = hash;
  }
}

EncodedConditions encode_conditions(const Request& request, const autoencoder::VideoAutoencoder& autoencoder, at::IntArrayRef shape,
                                    transformer::Grid grid) {
  at::NoGradGuard no_grad;
  EncodedConditions all{DenoiseMask::none(shape, grid), {}, {}, {}};
  for (const Condition& condition : request.conditions) {
    media::Clip clip = media::at_rate(media::read_clip(condition.media), request.fps);
    Tensor frames = media::fit(clip.frames, request.height, request.width);
    if (request.extend != Extend::no && &condition == &request.conditions.front()) {
      extend(request, frames, autoencoder, all);
    } else {
      int64_t start = condition.frame_index < 0 ? request.frames + condition.frame_index : condition.frame_index;
      insert(encode_condition(frames, start, request.frames, autoencoder, condition.media), condition.denoise, condition.media, all);
    }
  }
  if (all.mask.values.max().item<double>() == 0)
    throw base::InvalidRequest("frames", "must be more than {}: all of them are given, and nothing is left to generate", request.frames);
  return all;
}

}  // namespace zoetrope::generation
