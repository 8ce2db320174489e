#include "zoetrope/data/latent_window.h"

#include "zoetrope/base/random.h"

namespace zoetrope::data {
namespace {

/// The share of each cell that is covered, at its most over the frames of its group: focus [T,H,W] uint8 -> [t,h,w].
Tensor cover_of_cells(const Tensor& focus, const autoencoder::Geometry& g) {
  Tensor area = at::avg_pool2d(focus.to(at::kFloat).div(255).unsqueeze(1), {g.space, g.space}).squeeze(1);  // [T,h,w]
  Tensor first = area.narrow(0, 0, 1).expand({g.time - 1, -1, -1});
  return at::cat({first, area}).unflatten(0, {-1, g.time}).amax(1);
}

}  // namespace

LatentWindow::LatentWindow(const Source& source, const autoencoder::VideoAutoencoder& autoencoder, ClipShape shape, int64_t batch,
                           WindowSettings settings, int64_t first)
    : source_(source),
      autoencoder_(autoencoder),
      shape_(shape),
      batch_(batch),
      settings_(settings),
      next_(first),
      window_start_(first_block(first)),
      blocks_([this](int64_t index) { return make_block(index); }, window_start_, /*depth=*/2, /*workers=*/1) {}

int64_t LatentWindow::first_block(int64_t batch) const {
  return static_cast<int64_t>(static_cast<double>(batch * batch_) / settings_.reuse / static_cast<double>(settings_.block));
}

LatentBlock LatentWindow::make_block(int64_t index) const {
  at::NoGradGuard no_grad;
  autoencoder::Geometry g = autoencoder_.geometry();
  LatentBlock block;
  std::vector<Tensor> latents, focus;
  for (int64_t i = 0; i < settings_.block; ++i) {
    Example example = source_.example(static_cast<uint64_t>(index * settings_.block + i), shape_);
    latents.push_back(autoencoder_.encode(autoencoder::to_model_range(example.clip.frames)).to(at::kBFloat16));
    Tensor covered = example.focus.defined() ? example.focus : at::zeros({shape_.frames, shape_.height, shape_.width}, at::kByte);
    focus.push_back(cover_of_cells(covered, g).to(at::kBFloat16));
    block.captions.push_back(std::move(example.caption));
    block.captions_zh.push_back(std::move(example.caption_zh));
  }
  block.latents = at::cat(latents);
  block.focus = at::stack(focus);
  return block;
}

LatentBatch LatentWindow::next() {
  for (int64_t start = first_block(next_); window_start_ < start; ++window_start_) {
    if (window_.empty())
      blocks_.next();
    else
      window_.pop_front();
  }
  while (static_cast<int64_t>(window_.size()) < settings_.blocks) window_.push_back(blocks_.next());

  at::Generator generator = base::generator(base::mix_seeds({settings_.seed, 3, static_cast<uint64_t>(next_++)}));
  Tensor draws = at::randint(int64_t{1} << 30, {batch_, 3}, generator, at::kLong);
  auto draw = draws.accessor<int64_t, 2>();
  std::vector<Tensor> latents, focus;
  LatentBatch batch;
  for (int64_t i = 0; i < batch_; ++i) {
    const LatentBlock& block = window_[draw[i][0] % settings_.blocks];
    int64_t item = draw[i][1] % settings_.block;
    latents.push_back(block.latents[item]);
    focus.push_back(block.focus[item]);
    bool chinese = !block.captions_zh[item].empty() && (block.captions[item].empty() || draw[i][2] % 2 == 0);
    batch.prompts.push_back(chinese ? block.captions_zh[item] : block.captions[item]);
  }
  batch.latents = at::stack(latents).to(at::kFloat);
  batch.focus = at::stack(focus).to(at::kFloat);
  return batch;
}

}  // namespace zoetrope::data
