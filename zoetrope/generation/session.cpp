#include "zoetrope/generation/session.h"

#include "zoetrope/base/error.h"
#include "zoetrope/base/random.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/reader.h"

namespace zoetrope::generation {

transformer::Conditioning conditioning_of(const std::string& prompt, const Request& r, const model::Model& model) {
  const model::Components& components = model.components();
  if (components.classes) {
    std::vector<int64_t> labels{components.classes->number(r.class_label), components.classes->count()};
    return {.text = {}, .label = at::tensor(labels, at::kLong).to(model.placement().device)};
  }
  text::TextEmbedding text = components.text->encode({model.prepare_text(prompt), model.prepare_text(r.negative_prompt)});
  components.text->release_memory();  // needed by what follows
  transformer::Conditioning both{text};
  if (model.defaults().imitates_guidance(r)) both.guidance = at::full({2}, r.guidance_scale).to(model.placement().device);
  return both;
}

std::vector<model::GivenImage> given_images(const Request& r, const Timeline& timeline) {
  std::vector<model::GivenImage> images;
  for (const Condition& c : r.conditions) {
    if (media::probe(c.media).frames > 1)
      throw base::InvalidRequest("image", "is needed: this model animates images, and '{}' is a video", c.media.string());
    images.push_back({c.frame_index, timeline.frames[c.frame_index], media::read_image(c.media)});
  }
  return images;
}

diffusion::Guidance guidance_of(const Request& r, const model::Model& model, const model::Schedule& s) {
  if (model.defaults().imitates_guidance(r)) return {.scale = 1};
  return {.scale = r.guidance_scale,
          .interval = r.guidance_interval,
          .rescale = r.guidance_rescale,
          .channels = s.guided_channels,
          .scale_2 = r.guidance_scale_2,
          .boundary = s.boundary_ratio};
}

Session::Session(const Request& r, const model::Model& model, base::Observer& observer)
    : r_(r), model_(model), observer_(observer), preview_(model, observer) {
  resize(model.geometry().latent_frames(r.frames));
}

void Session::resize(int64_t t) {
  const autoencoder::Geometry g = model_.geometry();
  const int64_t h = r_.height / g.space, w = r_.width / g.space;
  shape_ = {1, g.channels, t, h, w};
  grid_ = model_.denoiser(r_).grid(t, h, w);
}

void Session::prepare(const std::string& prompt, const std::vector<model::GivenImage>& images) {
  set_prompt(prompt);
  if (const auto& image_conditioning = model_.components().image_conditioning)
    image_conditioning(images, model_.geometry().frames(shape_[2]), shape_, inputs_);
}

void Session::set_prompt(const std::string& prompt) { inputs_ = conditioning_of(prompt, r_, model_); }

DenoiseMask Session::encode(const Timeline& timeline, const Tensor& known) const {
  const model::Components& components = model_.components();
  return components.image_conditioning ? DenoiseMask::none(shape_, grid_)
                                       : encode_timeline(timeline, *components.autoencoder, shape_, grid_, observer_, known);
}

Tensor Session::sample(const DenoiseMask& mask, uint64_t seed, RunKeeper& keeper, const SampleState* from,
                       const std::vector<int64_t>& positions) {
  const at::Device device = model_.placement().device;
  model::Schedule s = model_.schedule(r_);
  const int64_t steps = std::ssize(s.sigmas) - 1;
  at::Generator generator = base::generator(seed);
  Sampling sampling{diffusion::sampler(r_.sampler), s.sigmas, guidance_of(r_, model_, s), s.options, generator,
                    model_.defaults().one_timestep, positions};
  const DenoiseMask there = mask.to(device);
  auto after_each = [&](const SampleState& state, const Tensor& x0) {
    keeper.after_step(state, state.steps_done >= steps);
    observer_.preview([&] { return preview_.frames(there.restore_known(x0)); });
  };
  return generation::sample(model_.denoiser(r_), s.parameterization, {{"conditional", inputs_.row(0)}, {"unconditional", inputs_.row(1)}},
                            there, base::randn(shape_, generator).to(device), sampling, observer_, after_each, from);
}

void Session::decode(const Tensor& latents, const Timeline& timeline, const std::function<void(const Tensor&, int64_t)>& next,
                     int64_t start, autoencoder::DecodeStream* stream) {
  int64_t index = 0;  // of the latent frame
  auto decoded = [&](const Tensor& frames) {
    preview_.learn(latents.narrow(2, index++, 1), frames);
    next(timeline.composite(autoencoder::to_unit_range(frames).cpu(), start), start);
    start += frames.size(2);
  };
  model_.components().autoencoder->decode(latents, observer_, decoded, stream);
  preview_.keep();
}

}  // namespace zoetrope::generation
