#pragma once
#include <deque>

#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/data/dataset.h"
#include "zoetrope/data/prefetcher.h"

namespace zoetrope::data {

/// A number of encoded examples, on the CPU.
struct LatentChunk {
  Tensor latents;       // [n,C,t,h,w] bf16
  Tensor subject_mask;  // [n,t,h,w] bf16: how much of each latent pixel the subject covers, the maximum over its frames
  Tensor actions;  // [n,t] int64: the action of the last frame that each latent frame holds, 0 (none) of examples without; undefined if
                   // no example has any
  std::vector<std::string> captions, captions_zh;
};

/// A batch for the denoiser.
struct LatentBatch {
  Tensor latents, subject_mask;      // fp32, as in LatentChunk
  Tensor actions;                    // as in LatentChunk
  std::vector<std::string> prompts;  // in either language
};

/// Size of a shuffle buffer.
struct ShuffleSettings {
  int64_t chunk = 128;     // examples that are rendered and encoded together
  int64_t chunks = 8;      // in the buffer
  double repeats = 4;      // how often an example is used on average: rendering and encoding cost more than a step
  double stream_prob = 0;  // of a chunk of clips whose latents come from the middle of a stream: none of them holds a single frame
  uint64_t seed = 0;
};

/// Batches of a source at one shape, drawn and encoded ahead on a worker thread. Batch number i is the same whenever the window is
/// opened, so that training can resume anywhere: nothing is stored on disk, the contents of the buffer are made again.
class ShuffleBuffer {
 public:
  /// Opens the buffer at batch `first`. The source and the autoencoder must outlive it.
  ShuffleBuffer(const Dataset& dataset, const autoencoder::VideoAutoencoder& autoencoder, ClipShape shape, int64_t batch,
                ShuffleSettings settings, int64_t first);

  /// The next batch. Each example comes with the English or the Chinese caption, by the seed.
  LatentBatch next();
  const ClipShape& shape() const { return shape_; }

 private:
  int64_t first_chunk(int64_t batch) const;
  LatentChunk make_chunk(int64_t index) const;
  bool cuts_from_stream(int64_t chunk) const;

  const Dataset& dataset_;
  const autoencoder::VideoAutoencoder& autoencoder_;
  ClipShape shape_;
  int64_t batch_;
  ShuffleSettings settings_;
  int64_t next_, buffer_start_;
  std::deque<LatentChunk> buffer_;
  Prefetcher<LatentChunk> chunks_;  // last: its worker uses all of the above
};

}  // namespace zoetrope::data
