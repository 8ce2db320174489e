#include "zoetrope/data/shuffle_buffer.h"

#include <algorithm>

#include "zoetrope/base/random.h"

namespace zoetrope::data {
namespace {

/// How much of each latent pixel is covered, the maximum over the frames of its group: subject_mask [T,H,W] uint8 -> [t,h,w].
Tensor subject_mask_of_latents(const Tensor& subject_mask, const autoencoder::Geometry& g) {
  Tensor area = at::avg_pool2d(subject_mask.to(at::kFloat).div(255).unsqueeze(1), {g.space, g.space}).squeeze(1);  // [T,h,w]
  Tensor first = area.narrow(0, 0, 1).expand({g.time - 1, -1, -1});
  return at::cat({first, area}).unflatten(0, {-1, g.time}).amax(1);
}

/// Rows of `size` actions as one tensor. Rows that are undefined have none, and nothing is stacked if all are.
Tensor stack_actions(std::vector<Tensor> rows, int64_t size) {
  if (std::none_of(rows.begin(), rows.end(), [](const Tensor& row) { return row.defined(); })) return {};
  for (Tensor& row : rows)
    if (!row.defined()) row = at::zeros({size}, at::kLong);
  return at::stack(rows);
}

}  // namespace

ShuffleBuffer::ShuffleBuffer(const Dataset& dataset, const autoencoder::VideoAutoencoder& autoencoder, ClipShape shape, int64_t batch,
                             ShuffleSettings settings, int64_t first)
    : dataset_(dataset),
      autoencoder_(autoencoder),
      shape_(shape),
      batch_(batch),
      settings_(settings),
      next_(first),
      buffer_start_(first_chunk(first)),
      chunks_([this](int64_t index) { return make_chunk(index); }, buffer_start_, /*depth=*/2, /*workers=*/1) {}

int64_t ShuffleBuffer::first_chunk(int64_t batch) const {
  return static_cast<int64_t>(static_cast<double>(batch * batch_) / settings_.repeats / static_cast<double>(settings_.chunk));
}

bool ShuffleBuffer::cuts_from_stream(int64_t chunk) const {
  return shape_.frames > 1 && base::Rng(base::derive_seed({settings_.seed, 8, static_cast<uint64_t>(chunk)})).chance(settings_.stream_prob);
}

LatentChunk ShuffleBuffer::make_chunk(int64_t index) const {
  at::NoGradGuard no_grad;
  autoencoder::Geometry g = autoencoder_.geometry();
  const int64_t before = cuts_from_stream(index) ? 1 : 0;  // latent frames that are encoded and cut off
  ClipShape shape = shape_;
  shape.frames += before * g.time;
  LatentChunk chunk;
  std::vector<Tensor> latents, subject_mask, actions;
  for (int64_t i = 0; i < settings_.chunk; ++i) {
    Example example = dataset_.example(static_cast<uint64_t>(index * settings_.chunk + i), shape);
    Tensor encoded = autoencoder_.encode(autoencoder::to_model_range(example.clip.frames));
    latents.push_back(encoded.slice(2, before).to(at::kCPU, at::kBFloat16));
    Tensor covered =
        example.subject_mask.defined() ? example.subject_mask : at::zeros({shape.frames, shape.height, shape.width}, at::kByte);
    subject_mask.push_back(subject_mask_of_latents(covered, g).slice(0, before).to(at::kBFloat16));
    actions.push_back(example.actions.defined() ? example.actions.slice(0, before * g.time, std::nullopt, g.time)
                                                : Tensor());  // of each group's last frame
    chunk.captions.push_back(std::move(example.caption));
    chunk.captions_zh.push_back(std::move(example.caption_zh));
  }
  chunk.latents = at::cat(latents);
  chunk.subject_mask = at::stack(subject_mask);
  chunk.actions = stack_actions(actions, chunk.latents.size(2));
  return chunk;
}

LatentBatch ShuffleBuffer::next() {
  for (int64_t start = first_chunk(next_); buffer_start_ < start; ++buffer_start_) {
    if (buffer_.empty())
      chunks_.next();
    else
      buffer_.pop_front();
  }
  while (static_cast<int64_t>(buffer_.size()) < settings_.chunks) buffer_.push_back(chunks_.next());

  at::Generator generator = base::generator(base::derive_seed({settings_.seed, 3, static_cast<uint64_t>(next_++)}));
  Tensor draws = at::randint(int64_t{1} << 30, {batch_, 3}, generator, at::kLong);
  auto draw = draws.accessor<int64_t, 2>();
  std::vector<Tensor> latents, subject_mask, actions;
  LatentBatch batch;
  for (int64_t i = 0; i < batch_; ++i) {
    const LatentChunk& chunk = buffer_[draw[i][0] % settings_.chunks];
    int64_t item = draw[i][1] % settings_.chunk;
    latents.push_back(chunk.latents[item]);
    subject_mask.push_back(chunk.subject_mask[item]);
    actions.push_back(chunk.actions.defined() ? chunk.actions[item] : Tensor());
    bool chinese = !chunk.captions_zh[item].empty() && (chunk.captions[item].empty() || draw[i][2] % 2 == 0);
    batch.prompts.push_back(chinese ? chunk.captions_zh[item] : chunk.captions[item]);
  }
  batch.latents = at::stack(latents).to(at::kFloat);
  batch.subject_mask = at::stack(subject_mask).to(at::kFloat);
  batch.actions = stack_actions(actions, batch.latents.size(2));
  return batch;
}

}  // namespace zoetrope::data
