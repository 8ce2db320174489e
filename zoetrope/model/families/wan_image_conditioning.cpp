#include "zoetrope/model/families/wan_image_conditioning.h"

#include "zoetrope/base/error.h"
#include "zoetrope/vision/clip.h"
#include "zoetrope/vision/image_processor.h"

namespace zoetrope::model {
namespace {

constexpr int64_t mask_channels = 4;  // one for each frame of a latent frame

/// The given images in a clip of zeros [1,3,T,H,W], and the mask of given frames [T].
std::pair<Tensor, Tensor> given_clip(const std::vector<GivenImage>& images, int64_t frames) {
  Tensor clip = at::zeros({1, 3, frames, images.front().fitted.size(0), images.front().fitted.size(1)}), mask = at::zeros({frames});
  for (const GivenImage& image : images) {
    clip.narrow(2, image.frame, 1).copy_(autoencoder::to_model_range(image.fitted.unsqueeze(0)));
    mask[image.frame].fill_(1);
  }
  return {clip, mask};
}

/// The mask [T] as channels of the latents [1,4,t,h,w]; the single frame of latent frame 0 fills all four.
Tensor mask_channels_of(const Tensor& mask, at::IntArrayRef shape) {
  Tensor frames = at::cat({mask.narrow(0, 0, 1).expand({mask_channels - 1}), mask});  // [4t]
  return frames.view({-1, mask_channels}).t().view({1, mask_channels, -1, 1, 1}).expand({1, mask_channels, shape[2], shape[3], shape[4]});
}

void check_images(const std::vector<GivenImage>& images, bool takes_last, bool needs_last) {
  bool first = false, last = false;
  for (const GivenImage& image : images) (image.frame == 0 ? first : last) = true;
  if (!first) throw base::InvalidRequest("image", "is needed as the first frame: this model animates an image");
  if (last && !takes_last) throw base::InvalidRequest("last_image", "cannot be used: this model was trained with a first frame only");
  if (!last && needs_last)
    throw base::InvalidRequest("last_image",
                               "is needed, and all frames in one window: this model was trained with a first and a last frame");
}

}  // namespace

bool is_image_to_video(const transformer::wan::Config& denoiser) {
  return denoiser.in_channels == 2 * denoiser.out_channels + mask_channels;
}

ImageConditioning image_conditioning_of(const ModelFiles& files, const transformer::wan::Config& denoiser,
                                        const autoencoder::VideoAutoencoder& autoencoder) {
  std::shared_ptr<const vision::ClipImageEncoder> clip;
  std::optional<vision::ImageProcessor> processor;
  if (denoiser.image_width) {
    clip = std::make_shared<vision::ClipImageEncoder>(vision::load_clip(files.component("image_encoder"), autoencoder.placement()));
    processor = files.has("image_processor") ? vision::ImageProcessor::read(files.component("image_processor"))
                                             : vision::ImageProcessor::clip(clip->config.image);
  }
  // Models without an image encoder, or with positions for the states of two images, were trained with a last frame as well.
  const bool needs_last = denoiser.image_positions.has_value(), takes_last = !clip || needs_last;

  return [=, &autoencoder](const std::vector<GivenImage>& images, int64_t frames, at::IntArrayRef shape,
                           transformer::Conditioning& conditioning) {
    check_images(images, takes_last, needs_last);
    auto [given, mask] = given_clip(images, frames);
    Tensor latents = autoencoder.encode(given), channels = at::cat({mask_channels_of(mask, shape).to(latents.device()), latents}, 1);
    conditioning.concat_latents = channels.expand({conditioning.text.states.size(0), -1, -1, -1, -1});
    if (!clip) return;
    std::vector<Tensor> states;
    for (const GivenImage& image : images) states.push_back((*clip)((*processor)(image.whole)));
    conditioning.image = at::cat(states, 1).expand({conditioning.text.states.size(0), -1, -1});
  };
}

}  // namespace zoetrope::model
