#pragma once
#include <functional>

#include "zoetrope/generation/latent_preview.h"
#include "zoetrope/generation/saved_run.h"
#include "zoetrope/generation/timeline.h"
#include "zoetrope/model/model.h"

namespace zoetrope::generation {

/// How a request guides, with a model's schedule for it. A network that imitates guidance is told the scale instead.
diffusion::Guidance guidance_of(const Request& request, const model::Model& model, const model::Schedule& schedule);

/// The two branches of guidance as the rows of one conditioning: prompt or class, and what guidance leads away from. A network that
/// imitates guidance needs the first alone.
transformer::Conditioning conditioning_of(const std::string& prompt, const Request& request, const model::Model& model);

/// The images of a request's conditions, for models that take them as extra conditioning; a video is refused.
std::vector<model::GivenImage> given_images(const Request& request, const Timeline& timeline);

/// A request at work: what all clips share that are sampled for it. Request, model and observer must outlive it.
class Session {
 public:
  Session(const Request& request, const model::Model& model, base::Observer& observer);

  /// From now on the clips have t latent frames.
  void resize(int64_t t);
  /// Encodes the prompt or class, and the given images in models that take them as extra conditioning.
  void prepare(const std::string& prompt, const std::vector<model::GivenImage>& images);
  /// From now on this is the prompt.
  void set_prompt(const std::string& prompt);

  /// The mask of a timeline over the tokens; all are free in models that take images as extra conditioning. `known` [1,C,k,h,w], if
  /// defined, are the first latent frames.
  DenoiseMask encode(const Timeline& timeline, const Tensor& known = {}) const;
  /// Latents [1,C,t,h,w] on the device of the model. `keeper` is told each step, the observer is shown a preview of it, `from` is a state
  /// to go on from, `positions` says where the latent frames stand in time (0, 1, 2, ... if empty).
  Tensor sample(const DenoiseMask& mask, uint64_t seed, RunKeeper& keeper, const SampleState* from,
                const std::vector<int64_t>& positions = {});
  /// Calls `next` with decoded frames [n,H,W,3] in 0..1 on the CPU, given pixels composited over them, and the index of the first one in
  /// the timeline. The latents are a clip, or the next piece of the clip of `stream`, which begins at the frame `start` of the timeline.
  void decode(const Tensor& latents, const Timeline& timeline, const std::function<void(const Tensor&, int64_t)>& next, int64_t start = 0,
              autoencoder::DecodeStream* stream = nullptr);

 private:
  const Request& r_;
  const model::Model& model_;
  base::Observer& observer_;
  std::vector<int64_t> shape_;  // of the latents
  transformer::Grid grid_ = {};
  LatentPreview preview_;
  transformer::Conditioning inputs_;  // the two branches of guidance as rows: prompt or class, and what guidance leads away from
};

}  // namespace zoetrope::generation
