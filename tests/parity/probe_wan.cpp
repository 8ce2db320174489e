#include <ATen/core/grad_mode.h>

#include "tests/parity/probe.h"
#include "zoetrope/autoencoder/wan/autoencoder.h"
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/transformer/wan/denoiser.h"

namespace zoetrope::parity {
namespace {

Tensor velocity(tensor::Weights weights, const std::string& folder, const Tensors& in) {
  transformer::wan::Denoiser denoiser(weights, transformer::wan::Config::from_json(tensor::read_config(folder)));
  auto optional = [&](const char* name) { return in.contains(name) ? in.at(name) : Tensor(); };
  transformer::Conditioning conditioning{{in.at("states"), in.at("mask")}, optional("image"), optional("extra")};
  return denoiser.predict_once(in.at("latents"), {in.at("timesteps"), optional("index")}, conditioning);
}

/// {folder, dtype} and latents, timesteps [B,K], index [B,N] (K > 1), states, mask; image, extra where the model has them -> v.
Tensors wan_denoise(const base::Json& settings, const Tensors& in) {
  at::NoGradGuard inference;
  std::string folder = settings.at("folder");
  tensor::Checkpoint checkpoint(folder, placement(settings));
  return {{"v", velocity(tensor::Weights(checkpoint), folder, in)}};
}

/// The same and `upstream` in the shape of v -> the gradients of all parameters.
Tensors wan_gradients(const base::Json& settings, const Tensors& in) {
  std::string folder = settings.at("folder");
  return gradients(folder, in.at("upstream"), [&](tensor::Weights weights) { return velocity(weights, folder, in); });
}

/// {folder, dtype} and frames [B,3,T,H,W], latents [B,C,t,h,w] -> latents of the frames, frames of the latents.
Tensors wan_autoencode(const base::Json& settings, const Tensors& in) {
  at::NoGradGuard inference;
  std::string folder = settings.at("folder");
  tensor::Checkpoint checkpoint(folder, placement(settings));
  checkpoint.cast_weights();
  autoencoder::wan::Autoencoder model(tensor::Weights(checkpoint), autoencoder::wan::Config::from_json(tensor::read_config(folder)));
  return {{"latents", model.encode(in.at("frames"))}, {"frames", model.decode(in.at("latents"))}};
}

/// {folder} and latents [1,C,t,h,w] -> their frames, and the factors of the map to colours that is fitted to both.
Tensors wan_latent_rgb(const base::Json& settings, const Tensors& in) {
  at::NoGradGuard inference;
  std::string folder = settings.at("folder");
  tensor::Checkpoint checkpoint(folder, placement(settings));
  autoencoder::wan::Autoencoder model(tensor::Weights(checkpoint), autoencoder::wan::Config::from_json(tensor::read_config(folder)));
  const Tensor& latents = in.at("latents");
  autoencoder::LatentRgbFit fit(latents.size(1));
  std::vector<Tensor> clip;
  base::Observer silent;
  model.decode(latents, silent, [&](const Tensor& frames) {
    fit.add(latents.narrow(2, std::ssize(clip), 1), frames);
    clip.push_back(frames);
  });
  return {{"frames", at::cat(clip, 2)}, {"factors", fit.solve().factors}};
}

}  // namespace

std::map<std::string, Command> wan_commands() {
  return {{"wan_denoise", wan_denoise},
          {"wan_gradients", wan_gradients},
          {"wan_autoencode", wan_autoencode},
          {"wan_latent_rgb", wan_latent_rgb}};
}

}  // namespace zoetrope::parity
