#pragma once
#include <functional>

#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/generation/denoise_mask.h"
#include "zoetrope/generation/request.h"
#include "zoetrope/media/reader.h"

namespace zoetrope::generation {

/// Frames [begin, end) of what a condition gives, at the rate of its request, that are part of the result as they are: they are read when
/// they are written.
struct Passage {
  Condition condition = {};
  int64_t begin = 0, end = 0;
};

/// Hands on the frames of a passage, each [H,W,3] uint8 in the size of the request.
void read_passage(const Passage& passage, const Request& request, const std::function<void(const Tensor&)>& next);

/// What is given of a clip of F frames, as pixels, and how much each of them may change. It knows no network, only how an autoencoder
/// groups frames. Everything is on the CPU.
struct Timeline {
  Tensor frames;   // [F,H,W,3] uint8; what is not given is filled with what is given beside it in its group
  Tensor mask;     // [F,H,W] fp32: 0 keeps the given pixel, 1 takes the generated one, what lies between blends
  Tensor denoise;  // [F] fp32: how much what the mask leaves open may change; multiplied with the mask it is the value of a token
  Tensor given;    // [F] bool: whether the frame counts
  Passage before = {}, after = {};  // given frames of the result that precede or follow the clip

  /// Nothing is given.
  static Timeline empty(int64_t frames, int64_t height, int64_t width);

  /// Frames [n,H,W,3] uint8 whose first one stands at `start`, with a mask [1 or n,H,W] of what may change, and how much. Latent frame 0
  /// holds one frame, each later one a group of `group` frames: an image stands for its whole group; of a clip those groups are taken that
  /// it fills. What is given already is refused; `name` is the file's, for the error.
  void place(const Tensor& given, int64_t start, const Tensor& mask, double denoise, int64_t group, bool is_image, const std::string& name);

  /// Given pixels composited over generated ones: `generated` [n,H,W,3] in 0..1 are the frames from `start`.
  Tensor composite(Tensor generated, int64_t start) const;
  /// How much of each pixel of n frames from `start` comes from the generated ones there: [n,H,W] fp32, 0 to 1.
  Tensor generated(int64_t start, int64_t n) const;
};

/// The frames of a file at a rate.
int64_t frames_at(const media::Probe& file, media::Rational fps);

/// How many frames of a video of `length` are known in a clip of `frames` that continues it: up to a fraction of the clip, a whole number
/// of groups; one more frame if they come first, at least one group if not.
int64_t context_length(int64_t length, int64_t frames, double fraction, int64_t group, bool first);

/// The way from the end of a clip back to its beginning, as long as the clip: its last frames, what is to be made, its first frames. What
/// an image holds in `first`, the clip's own timeline, it holds on the way as well. The frames that are new are [begin, end).
struct WayBack {
  Timeline timeline;
  int64_t begin, end;
};
WayBack way_back(const Tensor& clip, const Timeline& first, int64_t group);

/// A contact sheet of a timeline: what may change is red, the more the redder; what is not given is grey. -> [H,W,3] uint8.
Tensor timeline_sheet(const Timeline& timeline);

/// Reads the media of a request's conditions at its size and rate.
Timeline build_timeline(const Request& request, const autoencoder::Geometry& geometry);

/// Encodes what is given into a mask over the tokens of latents [1,C,t,h,w] = `shape` cut into `grid`: a token's value is the largest among
/// its pixels and given frames. `known` [1,C,k,h,w], if defined, are the first latent frames as they are, which are not encoded. Where
/// nothing would be left to generate the request is refused. On the CPU.
DenoiseMask encode_timeline(const Timeline& timeline, const autoencoder::VideoAutoencoder& autoencoder, at::IntArrayRef shape,
                            transformer::Grid grid, base::Observer& observer, const Tensor& known = {});

}  // namespace zoetrope::generation
