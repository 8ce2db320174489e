#include <ATen/core/grad_mode.h>

#include "tests/parity/probe.h"
#include "zoetrope/vision/clip.h"
#include "zoetrope/vision/image_processor.h"
#include "zoetrope/vision/vit.h"

namespace zoetrope::parity {
namespace {

/// {jobs: [{height, width, resampling}]} and images by their number -> each image [h,w,3] resized as Pillow does it.
Tensors pil_resize(const base::Json& settings, const Tensors& in) {
  Tensors out;
  for (const base::Json& job : settings.at("jobs")) {
    std::string number = std::to_string(out.size());
    out[number] = media::pil_resize(in.at(number), job.at("height"), job.at("width"), static_cast<media::Resampling>(job.at("resampling")));
  }
  return out;
}

/// {folder} and an image [H,W,3] -> pixels as its preprocessor_config.json wants them.
Tensors process_image(const base::Json& settings, const Tensors& in) {
  return {{"pixels", vision::ImageProcessor::read(settings.at("folder").get<std::string>())(in.at("image"))}};
}

/// {folder, dtype} and pixels -> states and logits of a ViT.
Tensors vit(const base::Json& settings, const Tensors& in) {
  at::NoGradGuard inference;
  vision::Vit model = vision::load_vit(settings.at("folder").get<std::string>(), placement(settings));
  return {{"states", model.states(in.at("pixels"))}, {"logits", model(in.at("pixels"))}};
}

/// {folder, dtype} and pixels -> states of a CLIP image encoder before its last layer.
Tensors clip(const base::Json& settings, const Tensors& in) {
  at::NoGradGuard inference;
  return {{"states", vision::load_clip(settings.at("folder").get<std::string>(), placement(settings))(in.at("pixels"))}};
}

}  // namespace

std::map<std::string, Command> vision_commands() {
  return {{"pil_resize", pil_resize}, {"process_image", process_image}, {"vit", vit}, {"clip", clip}};
}

}  // namespace zoetrope::parity
