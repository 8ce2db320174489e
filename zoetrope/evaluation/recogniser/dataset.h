#pragma once
#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/vision/recogniser/recogniser.h"
#include "zoetrope/world/world.h"

namespace zoetrope::evaluation {

/// The training data of a world's recogniser.
struct RecogniserDatasetSettings {
  world::Settings world;        // its lists are the classes; the split is ignored: a recogniser must know every combination
  double corrupted = .22;       // fraction of frames in which the object has lost its shape
  double empty = .04;           // fraction of frames without an object
  double pairs = .1;            // fraction of frames of the world with up to two objects
  double decoded = .3;          // fraction of batches and clips that are encoded and decoded, with noise on their latents
  double without_motion = .25;  // fraction of clips without a motion of the world
  uint64_t seed = 0x7265636f;   // of its own: not the data of a model
};

/// Frames and the targets of the frame classifier. B frames, K objects.
struct FrameBatch {
  Tensor frames;          // [B,3,96,96] in 0..1
  Tensor object;          // [B,K+1], fractions of the classes
  Tensor colour;          // [B] int64, -100 (ignored) if there is none
  Tensor scene;           // [B] int64
  Tensor count;           // [B] int64
  Tensor mask;            // [B,48,48] in 0..1
  Tensor rotation;        // [B,6], see vision::FrameLogits
  Tensor rotation_known;  // [B], 1 or 0
};

/// A clip and the targets of the motion classifier.
struct ClipExample {
  Tensor frames;  // [T,3,96,96] in 0..1
  int64_t motion, direction;
};

/// The classes of a recogniser of this world.
vision::RecogniserConfig recogniser_of(const world::Settings& settings);

/// The index of `name` in `names`, or their number for "none".
int64_t class_of(const std::vector<std::string>& names, const std::string& name);

/// Training examples of the recogniser, real and corrupted, by number. Thread-safe.
class RecogniserDataset {
 public:
  /// `autoencoder` may be null: then nothing is encoded and decoded.
  RecogniserDataset(RecogniserDatasetSettings settings, const autoencoder::VideoAutoencoder* autoencoder);

  FrameBatch frames(int64_t number, int64_t batch) const;
  ClipExample clip(int64_t number) const;
  const vision::RecogniserConfig& config() const { return config_; }

 private:
  struct FrameExample;
  FrameExample frame(uint64_t number, bool decoded) const;
  bool is_decoded(uint64_t seed) const;
  /// Encodes and decodes frames [B,3,T,H,W] in 0..1, with noise on the latents. `mixed`: latent pixels of each clip that are shuffled (see
  /// FrameExample), or undefined; outputs of an untrained model look like that.
  Tensor through_autoencoder(const Tensor& frames, const std::vector<Tensor>& mixed, uint64_t seed) const;

  RecogniserDatasetSettings settings_;
  const autoencoder::VideoAutoencoder* autoencoder_;
  vision::RecogniserConfig config_;
  world::World singles_, pairs_;
};

}  // namespace zoetrope::evaluation
