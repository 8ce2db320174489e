#pragma once
#include "zoetrope/data/shuffle_buffer.h"
#include "zoetrope/training/mixture.h"

namespace zoetrope::training {

/// What the batches of a task on latents are, and how their errors count.
struct BatchSettings {
  std::vector<Bucket> mixture;
  double caption_dropout = 0.1;  // fraction of empty prompts
  double subject_weight = 3;     // of the error of the subject
  double causal_prob = 0;        // of a batch of clips whose tokens see only their past, each frame with a sigma of its own
  double condition_prob = 0.25;  // of a batch with known tokens, among the others
  uint64_t seed = 0;
  data::ShuffleSettings shuffle;
};

/// The encoded batches of a mixture's buckets, step by step: batch number i is the same however training came there.
class LatentBatches {
 public:
  /// Dataset and autoencoder must outlive it.
  LatentBatches(const data::Dataset& dataset, const autoencoder::VideoAutoencoder& autoencoder, const BatchSettings& settings);

  /// Fills the buffers so that `step` is next.
  void begin(int64_t step);
  /// The batch of `step`, the one after the last.
  data::LatentBatch next(int64_t step, at::Generator& generator);

 private:
  const data::Dataset& dataset_;
  const autoencoder::VideoAutoencoder& autoencoder_;
  BatchSettings settings_;
  MixtureSchedule schedule_;
  std::vector<std::unique_ptr<data::ShuffleBuffer>> buffers_;
};

}  // namespace zoetrope::training
