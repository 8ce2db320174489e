#pragma once
#include <deque>

#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/data/prefetcher.h"
#include "zoetrope/data/source.h"

namespace zoetrope::data {

/// Some examples, encoded.
struct LatentBlock {
  Tensor latents;  // [n,C,t,h,w] bf16
  Tensor focus;    // [n,t,h,w] bf16: the share of each cell that the subject covers, at its most over the cell's frames
  std::vector<std::string> captions, captions_zh;
};

/// A batch for the denoiser.
struct LatentBatch {
  Tensor latents, focus;             // fp32, as in LatentBlock
  std::vector<std::string> prompts;  // in either language
};

/// How a window of encoded examples moves over a source.
struct WindowSettings {
  int64_t block = 128;  // examples that are drawn and encoded together
  int64_t blocks = 8;   // in the window
  double reuse = 4;     // how often an example is used, on average, before it leaves: drawing and encoding cost more than a step can pay
  uint64_t seed = 0;
};

/// Batches of a source at one shape, drawn and encoded ahead on a worker thread. Batch number i is the same whenever the window is
/// opened, so that training can go on anywhere: nothing is stored on disk, what a window needs is drawn again.
class LatentWindow {
 public:
  /// Opens the window where batch `first` needs it. The source and the autoencoder must outlive it.
  LatentWindow(const Source& source, const autoencoder::VideoAutoencoder& autoencoder, ClipShape shape, int64_t batch,
               WindowSettings settings, int64_t first);

  /// The next batch. Each example comes with the English or the Chinese caption, by the seed.
  LatentBatch next();
  const ClipShape& shape() const { return shape_; }

 private:
  int64_t first_block(int64_t batch) const;
  LatentBlock make_block(int64_t index) const;

  const Source& source_;
  const autoencoder::VideoAutoencoder& autoencoder_;
  ClipShape shape_;
  int64_t batch_;
  WindowSettings settings_;
  int64_t next_, window_start_;
  std::deque<LatentBlock> window_;
  Prefetcher<LatentBlock> blocks_;  // last: its worker uses all of the above
};

}  // namespace zoetrope::data
