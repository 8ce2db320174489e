#pragma once
#include <filesystem>
#include <memory>

#include "zoetrope/generation/frame_sink.h"
#include "zoetrope/generation/request.h"
#include "zoetrope/model/model.h"

namespace zoetrope::generation {

/// The latents of a clip's end, in a file beside it: so the clip is continued from what the model made, not from decoded and encoded
/// pixels.
struct KeptLatents {
  Tensor latents;                  // [1,C,n,h,w] fp32: the first latent frame of the clip, then its last ones
  std::vector<int64_t> positions;  // where they stand in time; the first one at 0
};

/// OUT.tail.safetensors beside OUT.mp4.
std::filesystem::path kept_latents_path(const std::filesystem::path& clip);

/// Keeps the latents of the clip that is written to `clip`: add it behind the sink that writes it. A request whose result does not end with
/// what the model made is refused. Model must outlive it.
std::unique_ptr<FrameSink> open_kept_latents(const std::filesystem::path& clip, const Request& request, const model::Model& model);

/// The file's latents, or an error that says what is wrong with it.
KeptLatents read_kept_latents(const std::filesystem::path& file);

/// Why the clip of a condition, whose hash is set, cannot be continued in a request from the latents in `file`: another model made them, or
/// the clip has changed since; empty if it can.
std::string kept_latents_mismatch(const std::filesystem::path& file, const Condition& clip, const Request& request,
                                  const model::Model& model);

/// How a request goes on from kept latents.
struct Continuation {
  Tensor latents = {};  // [1,C,k,h,w] known ones with which the clip begins; undefined where it does not go on from any
  int64_t shift = 0;    // how much later than in the clip all latent frames but the first stand in time

  /// Places in time of the clip's own latent frames, moved to where they stand after what came before.
  std::vector<int64_t> shifted(std::vector<int64_t> positions) const;
};
Continuation continuation_of(const Request& request, const autoencoder::Geometry& geometry);

}  // namespace zoetrope::generation
