#include "zoetrope/generation/families/wan_image_conditioning.h"

#include "zoetrope/base/error.h"
#include "zoetrope/media/image.h"
#include "zoetrope/vision/clip.h"
#include "zoetrope/vision/image_processor.h"

namespace zoetrope::generation {
namespace {

constexpr int64_t mask_channels = 4;  // one for each frame of a latent frame

/// The given frames in a clip of zeros [1,3,T,H,W], and the mask of given frames [T].
std::pair<Tensor, Tensor> given_clip(const Request& r, const std::vector<PixelCondition>& given) {
  Tensor clip = at::zeros({1, 3, r.frames, r.height, r.width}), mask = at::zeros({r.frames});
  for (const PixelCondition& g : given) {
    clip.narrow(2, g.start, g.frames.size(0)).copy_(autoencoder::to_model_range(g.frames));
    mask.narrow(0, g.start, g.frames.size(0)).fill_(1);
  }
  return {clip, mask};
}

/// The mask [T] as channels of the latents [1,4,t,h,w]; the single frame of latent frame 0 fills all four.
Tensor mask_channels_of(const Tensor& mask, at::IntArrayRef shape) {
  Tensor frames = at::cat({mask.narrow(0, 0, 1).expand({mask_channels - 1}), mask});  // [4t]
  return frames.view({-1, mask_channels}).t().view({1, mask_channels, -1, 1, 1}).expand({1, mask_channels, shape[2], shape[3], shape[4]});
}

void check_images(const Request& r, const EncodedConditions& encoded, bool takes_last) {
  for (const PixelCondition& g : encoded.pixel_conditions)
    if (r.extend != Extend::no || g.frames.size(0) > 1)
      throw base::UsageError("'{}' is a video, and this model animates images: give one with --image", r.conditions.front().media.string());
  bool first = false, last = false;
  for (const PixelCondition& g : encoded.pixel_conditions) (g.start == 0 ? first : last) = true;
  if (!first) throw base::UsageError("this model animates an image: give the first frame with --image");
  if (last && !takes_last) throw base::UsageError("this model was trained with a first frame only: omit --last-image");
}

}  // namespace

bool is_image_to_video(const transformer::wan::Config& denoiser) {
  return denoiser.in_channels == 2 * denoiser.out_channels + mask_channels;
}

ImageConditioning image_conditioning_of(const ModelFiles& files, const transformer::wan::Config& denoiser,
                                        const autoencoder::VideoAutoencoder& autoencoder, at::ScalarType compute) {
  std::shared_ptr<const vision::ClipImageEncoder> clip;
  std::optional<vision::ImageProcessor> processor;
  if (denoiser.image_width) {
    clip = std::make_shared<vision::ClipImageEncoder>(vision::load_clip(files.component("image_encoder"), compute));
    processor = files.has("image_processor") ? vision::ImageProcessor::read(files.component("image_processor"))
                                             : vision::ImageProcessor::clip(clip->config.image);
  }
  // Models without an image encoder, or with positions for the states of two images, were trained with a last frame as well.
  bool takes_last = !clip || denoiser.image_positions.has_value();

  return [=, &autoencoder](const Request& r, at::IntArrayRef shape, EncodedConditions& encoded, transformer::Conditioning& conditioning) {
    check_images(r, encoded, takes_last);
    auto [frames, mask] = given_clip(r, encoded.pixel_conditions);
    Tensor channels = at::cat({mask_channels_of(mask, shape), autoencoder.encode(frames)}, 1);
    conditioning.concat_latents = channels.expand({conditioning.text.states.size(0), -1, -1, -1, -1});
    encoded.mask.values.fill_(1);
    if (!clip) return;
    std::vector<Tensor> states;
    for (const Condition& condition : r.conditions) states.push_back((*clip)((*processor)(media::read_image(condition.media))));
    conditioning.image = at::cat(states, 1).expand({conditioning.text.states.size(0), -1, -1});
  };
}

}  // namespace zoetrope::generation
