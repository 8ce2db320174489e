#include <ATen/core/grad_mode.h>

#include "tests/parity/probe.h"
#include "zoetrope/autoencoder/wan.h"
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/transformer/wan.h"

namespace zoetrope::parity {
namespace {

/// {folder} and latents, timesteps [B,K], index [B,N] (K > 1), states, mask, image, extra (the last three as the model has them) -> v.
Tensors wan_denoise(const base::Json& settings, const Tensors& in) {
  at::NoGradGuard inference;
  std::string folder = settings.at("folder");
  tensor::Checkpoint checkpoint(folder);
  transformer::WanDenoiser denoiser(tensor::Weights(checkpoint), transformer::WanConfig::from_json(tensor::read_config(folder)));
  auto optional = [&](const char* name) { return in.contains(name) ? in.at(name) : Tensor(); };
  transformer::Conditioning conditioning{{in.at("states"), in.at("mask")}, optional("image"), optional("extra")};
  return {{"v", denoiser.predict(in.at("latents"), {in.at("timesteps"), optional("index")}, conditioning)}};
}

autoencoder::WanAutoencoder load_autoencoder(const base::Json& settings, tensor::Checkpoint& checkpoint) {
  return {tensor::Weights(checkpoint), autoencoder::WanConfig::from_json(tensor::read_config(settings.at("folder").get<std::string>()))};
}

/// {folder} and frames [B,3,T,H,W], latents [B,C,t,h,w] -> latents of the frames, frames of the latents.
Tensors wan_autoencode(const base::Json& settings, const Tensors& in) {
  at::NoGradGuard inference;
  tensor::Checkpoint checkpoint(settings.at("folder").get<std::string>(), at::kFloat);
  autoencoder::WanAutoencoder model = load_autoencoder(settings, checkpoint);
  return {{"latents", model.encode(in.at("frames"))}, {"frames", model.decode(in.at("latents"))}};
}

}  // namespace

std::map<std::string, Command> wan_commands() { return {{"wan_denoise", wan_denoise}, {"wan_autoencode", wan_autoencode}}; }

}  // namespace zoetrope::parity
