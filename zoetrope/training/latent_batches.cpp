#include "zoetrope/training/latent_batches.h"

#include "zoetrope/base/random.h"

namespace zoetrope::training {

LatentBatches::LatentBatches(const data::Dataset& dataset, const autoencoder::VideoAutoencoder& autoencoder, const BatchSettings& settings)
    : dataset_(dataset), autoencoder_(autoencoder), settings_(settings), schedule_(settings_.mixture, settings_.seed) {}

void LatentBatches::begin(int64_t step) {
  buffers_.clear();
  for (size_t i = 0; i < settings_.mixture.size(); ++i) {
    const Bucket& bucket = settings_.mixture[i];
    data::ShuffleSettings shuffle = settings_.shuffle;
    shuffle.seed = base::derive_seed({settings_.seed, 5, i});
    buffers_.push_back(std::make_unique<data::ShuffleBuffer>(dataset_, autoencoder_, bucket.shape, bucket.batch, shuffle,
                                                             schedule_.batches_before(step, i)));
  }
}

data::LatentBatch LatentBatches::next(int64_t step, at::Generator& generator) {
  data::LatentBatch batch = buffers_[schedule_.bucket(step)]->next();
  Tensor dropped = at::rand({batch.latents.size(0)}, generator) < settings_.caption_dropout;
  for (size_t i = 0; i < batch.prompts.size(); ++i)
    if (dropped[static_cast<int64_t>(i)].item<bool>()) batch.prompts[i].clear();
  return batch;
}

}  // namespace zoetrope::training
