#include "zoetrope/training/sample_sheet.h"

#include "zoetrope/diffusion/schedules.h"
#include "zoetrope/media/contact_sheet.h"
#include "zoetrope/media/image.h"

namespace zoetrope::training {
namespace {

constexpr int64_t sampled_prompts = 6;

}  // namespace

void write_sample_sheet(const std::filesystem::path& path, const transformer::Denoiser& denoiser,
                        const autoencoder::VideoAutoencoder& autoencoder, const data::Dataset& dataset,
                        const std::vector<std::pair<data::ClipShape, SampleSettings>>& samples,
                        const std::function<std::vector<generation::Branch>(const std::string& prompt)>& branches_of) {
  at::NoGradGuard no_grad;
  base::Observer silent;
  const at::Device device = autoencoder.placement().device;
  const autoencoder::Geometry g = autoencoder.geometry();
  std::vector<media::SheetRow> rows;
  for (const auto& [clip, settings] : samples) {
    std::vector<int64_t> shape{1, g.channels, g.latent_frames(clip.frames), clip.height / g.space, clip.width / g.space};
    generation::Sampling sampling{
        diffusion::sampler("euler"), diffusion::shifted_sigmas(settings.steps, settings.shift), {.scale = settings.guidance_scale}};
    for (int64_t i = 0; i < sampled_prompts; ++i) {
      data::Example example = dataset.example(static_cast<uint64_t>(i), clip);
      std::string prompt = i % 2 == 0 || example.caption_zh.empty() ? example.caption : example.caption_zh;
      at::Generator generator = base::generator(static_cast<uint64_t>(i));
      auto mask = generation::DenoiseMask::none(shape, denoiser.grid(shape[2], shape[3], shape[4]));
      Tensor latents = generation::sample(denoiser, {}, branches_of(prompt), mask.to(device), base::randn(shape, generator).to(device),
                                          sampling, silent);
      Tensor frames = autoencoder::to_bytes(autoencoder::to_unit_range(autoencoder.decode(latents).cpu()));
      rows.push_back({prompt, at::cat({media::some_frames(frames, 8), example.clip.frames.narrow(0, clip.frames / 2, 1)})});
    }
  }
  media::write_image(path, media::labelled_sheet(rows));
}

}  // namespace zoetrope::training
