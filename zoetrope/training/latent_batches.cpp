#include "zoetrope/training/latent_batches.h"

#include "zoetrope/base/random.h"

namespace zoetrope::training {

LatentBatches::LatentBatches(const data::Dataset& dataset, const autoencoder::VideoAutoencoder& autoencoder, std::vector<Bucket> mixture,
                             data::ShuffleSettings shuffle, uint64_t seed)
    : dataset_(dataset),
      autoencoder_(autoencoder),
      mixture_(std::move(mixture)),
      shuffle_(shuffle),
      seed_(seed),
      schedule_(mixture_, seed) {}

void LatentBatches::begin(int64_t step) {
  buffers_.clear();
  for (size_t bucket = 0; bucket < mixture_.size(); ++bucket) {
    data::ShuffleSettings shuffle = shuffle_;
    shuffle.seed = base::derive_seed({seed_, 5, bucket});
    buffers_.push_back(std::make_unique<data::ShuffleBuffer>(dataset_, autoencoder_, mixture_[bucket].shape, mixture_[bucket].batch,
                                                             shuffle, schedule_.batches_before(step, bucket)));
  }
}

data::LatentBatch LatentBatches::next(int64_t step, double caption_dropout, at::Generator& generator) {
  data::LatentBatch batch = buffers_[schedule_.bucket(step)]->next();
  Tensor dropped = at::rand({batch.latents.size(0)}, generator) < caption_dropout;
  for (size_t i = 0; i < batch.prompts.size(); ++i)
    if (dropped[static_cast<int64_t>(i)].item<bool>()) batch.prompts[i].clear();
  return batch;
}

}  // namespace zoetrope::training
