#pragma once
#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/vision/recogniser.h"
#include "zoetrope/world/world.h"

namespace zoetrope::evaluation {

/// What a recogniser of a world is trained on.
struct ShowingSettings {
  world::Settings world;       // its lists are what is named; the split is ignored: a judge must know every combination
  double spoiled = .22;        // share of the frames in which the object has lost its form
  double empty = .04;          // without any object
  double pairs = .1;           // of a world with two objects a clip or one
  double decoded = .3;         // share of batches and clips that went through the autoencoder, with noise on their latents
  double unmoved = .25;        // share of the clips in which nothing moves as the world's objects do
  uint64_t seed = 0x7265636f;  // of its own: not the data of any model
};

/// Frames and what a frame network should say of them. B frames, K objects.
struct FrameBatch {
  Tensor frames;      // [B,3,96,96] in 0..1
  Tensor object;      // [B,K+1], shares of the classes
  Tensor colour;      // [B] int64, -100 where nobody asks
  Tensor scene;       // [B] int64
  Tensor count;       // [B] int64
  Tensor mask;        // [B,48,48] in 0..1
  Tensor turn;        // [B,6], see vision::FrameLogits
  Tensor turn_known;  // [B], 1 or 0
};

/// A clip and what happens in it.
struct ClipShowing {
  Tensor frames;  // [T,3,96,96] in 0..1
  int64_t motion, direction;
};

/// The lists that a recogniser of this world can name.
vision::RecogniserConfig recogniser_of(const world::Settings& settings);

/// The index of `name` in `names`, or their number, which stands for "none".
int64_t class_of(const std::vector<std::string>& names, const std::string& name);

/// Draws examples for the recogniser, real and spoiled, each by its number alone. May be called from many threads.
class Showings {
 public:
  /// `autoencoder` may be null: then nothing is decoded.
  Showings(ShowingSettings settings, const autoencoder::VideoAutoencoder* autoencoder);

  FrameBatch frames(int64_t number, int64_t batch) const;
  ClipShowing clip(int64_t number) const;
  const vision::RecogniserConfig& config() const { return config_; }

 private:
  struct FrameShowing;
  FrameShowing frame(uint64_t number, bool decoded) const;
  bool is_decoded(uint64_t seed) const;
  /// The way of frames [B,3,T,H,W] in 0..1 through the autoencoder, with noise on the latents. `mixed`: cells of each clip whose latents
  /// change places (see FrameShowing), or none at all; what an untrained model paints looks like that.
  Tensor through_autoencoder(const Tensor& frames, const std::vector<Tensor>& mixed, uint64_t seed) const;

  ShowingSettings settings_;
  const autoencoder::VideoAutoencoder* autoencoder_;
  vision::RecogniserConfig config_;
  world::World singles_, pairs_;
};

}  // namespace zoetrope::evaluation
