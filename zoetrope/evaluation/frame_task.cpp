#include "zoetrope/evaluation/frame_task.h"

#include "zoetrope/media/contact_sheet.h"
#include "zoetrope/media/image.h"

namespace zoetrope::evaluation {
namespace {

constexpr int64_t never_trained_on = int64_t{1} << 30;  // number of the first batch that only measures
constexpr int64_t measured_frames = 384;
// Relative weights of the losses, which makes each about as large as the others in the middle of training.
constexpr double of_colour = .5, of_scene = .5, of_count = .3, of_mask = 3, of_turn = .5;

/// Share of right classes among those asked for.
double right(const Tensor& logits, const Tensor& classes, const Tensor& asked) {
  Tensor hits = (logits.argmax(-1) == classes).masked_select(asked);
  return hits.numel() == 0 ? 0 : hits.to(at::kFloat).mean().item<double>();
}

vision::FrameLogits in_fp32(const vision::FrameLogits& l) {
  auto cast = [](const Tensor& t) { return t.to(at::kFloat); };
  return {cast(l.object), cast(l.colour), cast(l.scene), cast(l.count), cast(l.mask), cast(l.turn), cast(l.features)};
}

/// Some of the frames, under what they show and what they are taken for.
Tensor sheet(const FrameBatch& batch, const Tensor& taken_for, const std::vector<std::string>& objects) {
  constexpr int64_t rows = 6, a_row = 8;
  auto name = [&](const Tensor& index) { return index.item<int64_t>() < std::ssize(objects) ? objects[index.item<int64_t>()] : "none"; };
  Tensor truth = batch.object.argmax(-1);
  std::vector<media::SheetRow> lines;
  for (int64_t start = 0; start < rows * a_row; start += a_row) {
    std::vector<std::string> words;
    for (int64_t i = start; i < start + a_row; ++i)
      words.push_back(truth[i].equal(taken_for[i]) ? name(truth[i]) : fmt::format("{} (taken for {})", name(truth[i]), name(taken_for[i])));
    lines.push_back(
        {fmt::format("{}", fmt::join(words, ", ")), autoencoder::to_bytes(batch.frames.narrow(0, start, a_row).permute({0, 2, 3, 1}))});
  }
  return media::labelled_sheet(lines);
}

}  // namespace

FrameTask::FrameTask(const Showings& showings, int64_t batch, int64_t workers, uint64_t seed, at::ScalarType compute)
    : showings_(showings),
      batch_(batch),
      workers_(workers),
      compute_(compute),
      weights_(seed, tensor::lecun_normal),
      network_(tensor::Weights(weights_, "frame"), showings.config().frame, showings.config().frame_classes()) {}

bool FrameTask::uses_muon(const std::string& name) const {
  return name.find("blocks.") != std::string::npos || name.find(".down.") != std::string::npos;
}

void FrameTask::begin(int64_t step) {
  batches_ = std::make_unique<data::Prefetcher<FrameBatch>>([this](int64_t i) { return showings_.frames(i, batch_); }, step, /*depth=*/6,
                                                            static_cast<int>(workers_));
}

Tensor FrameTask::loss(int64_t, base::Json& metrics) {
  FrameBatch batch = batches_->next();
  vision::FrameLogits said = in_fp32(network_(batch.frames.to(compute_)));
  Tensor object = at::cross_entropy_loss(said.object, batch.object), scene = at::cross_entropy_loss(said.scene, batch.scene);
  Tensor count = at::cross_entropy_loss(said.count, batch.count), mask = at::binary_cross_entropy_with_logits(said.mask, batch.mask);
  Tensor turn = ((said.turn - batch.turn).square().mean(1) * batch.turn_known).mean();
  Tensor loss = object + of_scene * scene + of_count * count + of_mask * mask + of_turn * turn;
  if ((batch.colour >= 0).any().item<bool>()) loss = loss + of_colour * at::cross_entropy_loss(said.colour, batch.colour);
  metrics["object"] = object.item<double>();
  metrics["scene"] = scene.item<double>();
  metrics["mask"] = mask.item<double>();
  metrics["turn"] = turn.item<double>();
  return loss;
}

void FrameTask::sample(const std::filesystem::path& stem, base::Json& metrics) {
  at::NoGradGuard no_grad;
  FrameBatch batch = showings_.frames(never_trained_on, measured_frames);
  vision::FrameLogits said = in_fp32(network_(batch.frames.to(compute_)));
  Tensor object = batch.object.argmax(-1), none = object == batch.object.size(1) - 1, single = batch.count == 1,
         every = at::ones_like(single);
  metrics["object_right"] = right(said.object, object, single & ~none);
  metrics["spoiled_found"] = right(said.object, object, single & none);
  metrics["colour_right"] = right(said.colour, batch.colour, batch.colour >= 0);
  metrics["scene_right"] = right(said.scene, batch.scene, every);
  metrics["count_right"] = right(said.count, batch.count, every);
  Tensor mask = said.mask.sigmoid();
  metrics["mask_overlap"] = (at::minimum(mask, batch.mask).sum({1, 2}) / (at::maximum(mask, batch.mask).sum({1, 2}) + 1e-3))
                                .masked_select(single)
                                .mean()
                                .item<double>();
  media::write_image(stem.string() + ".png", sheet(batch, said.object.argmax(-1), showings_.config().objects));
}

void FrameTask::save_model(const std::filesystem::path& folder) {
  vision::save_recogniser(folder / "recogniser", showings_.config(), weights_.parameters());
}

}  // namespace zoetrope::evaluation
