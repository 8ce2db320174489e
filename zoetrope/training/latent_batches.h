#pragma once
#include "zoetrope/data/shuffle_buffer.h"
#include "zoetrope/training/mixture.h"

namespace zoetrope::training {

/// The encoded batches of a mixture's buckets, step by step: batch number i is the same however training came there.
class LatentBatches {
 public:
  /// Dataset and autoencoder must outlive it.
  LatentBatches(const data::Dataset& dataset, const autoencoder::VideoAutoencoder& autoencoder, std::vector<Bucket> mixture,
                data::ShuffleSettings shuffle, uint64_t seed);

  /// Fills the buffers so that `step` is next.
  void begin(int64_t step);
  /// The batch of `step`, the one after the last. A fraction `caption_dropout` of its prompts is empty.
  data::LatentBatch next(int64_t step, double caption_dropout, at::Generator& generator);

  const std::vector<Bucket>& mixture() const { return mixture_; }

 private:
  const data::Dataset& dataset_;
  const autoencoder::VideoAutoencoder& autoencoder_;
  std::vector<Bucket> mixture_;
  data::ShuffleSettings shuffle_;
  uint64_t seed_;
  MixtureSchedule schedule_;
  std::vector<std::unique_ptr<data::ShuffleBuffer>> buffers_;
};

}  // namespace zoetrope::training
