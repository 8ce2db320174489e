#include "zoetrope/evaluation/recogniser/frame_task.h"

#include "zoetrope/media/contact_sheet.h"
#include "zoetrope/media/image.h"

namespace zoetrope::evaluation {
namespace {

constexpr int64_t validation_batch = int64_t{1} << 30;  // number of the validation batch
constexpr int64_t validation_frames = 384;
// Relative weights of the losses, so that all are about equal in the middle of training.
constexpr double of_colour = .5, of_scene = .5, of_count = .3, of_mask = 3, of_rotation = .5;

/// Accuracy where `asked` is true.
double accuracy(const Tensor& logits, const Tensor& classes, const Tensor& asked) {
  Tensor hits = (logits.argmax(-1) == classes).masked_select(asked);
  return hits.numel() == 0 ? 0 : hits.to(at::kFloat).mean().item<double>();
}

/// Some of the frames with their classes and the predicted ones.
Tensor contact_sheet(const FrameBatch& batch, const Tensor& predicted, const std::vector<std::string>& objects) {
  constexpr int64_t rows = 6, a_row = 8;
  auto name = [&](const Tensor& index) { return index.item<int64_t>() < std::ssize(objects) ? objects[index.item<int64_t>()] : "none"; };
  Tensor truth = batch.object.argmax(-1);
  std::vector<media::SheetRow> lines;
  for (int64_t start = 0; start < rows * a_row; start += a_row) {
    std::vector<std::string> words;
    for (int64_t i = start; i < start + a_row; ++i)
      words.push_back(truth[i].equal(predicted[i]) ? name(truth[i])
                                                   : fmt::format("{} (recognised as {})", name(truth[i]), name(predicted[i])));
    lines.push_back(
        {fmt::format("{}", fmt::join(words, ", ")), autoencoder::to_bytes(batch.frames.narrow(0, start, a_row).permute({0, 2, 3, 1}))});
  }
  return media::labelled_sheet(lines);
}

}  // namespace

FrameTask::FrameTask(const RecogniserDataset& dataset, int64_t batch, int64_t workers, uint64_t seed, const tensor::Placement& placement)
    : dataset_(dataset),
      batch_(batch),
      workers_(workers),
      weights_(seed, tensor::lecun_normal, nullptr, placement),
      network_(tensor::Weights(weights_, "frame"), dataset.config().frame, dataset.config().frame_classes()) {}

bool FrameTask::uses_muon(const std::string& name) const {
  return name.find("blocks.") != std::string::npos || name.find(".down.") != std::string::npos;
}

void FrameTask::begin(int64_t step) {
  batches_ = std::make_unique<data::Prefetcher<FrameBatch>>([this](int64_t i) { return dataset_.frames(i, batch_); }, step, /*depth=*/6,
                                                            static_cast<int>(workers_));
}

vision::FrameLogits FrameTask::predict(const FrameBatch& batch) const {
  const tensor::Placement& place = weights_.placement();
  vision::FrameLogits l = network_(batch.frames.to(place.device, place.dtype));
  auto cast = [](const Tensor& t) { return t.to(at::kCPU, at::kFloat); };  // the losses of a few numbers are computed there
  return {cast(l.object), cast(l.colour), cast(l.scene), cast(l.count), cast(l.mask), cast(l.rotation), cast(l.features)};
}

Tensor FrameTask::loss(int64_t, base::Json& metrics) {
  FrameBatch batch = batches_->next();
  vision::FrameLogits logits = predict(batch);
  Tensor object = at::cross_entropy_loss(logits.object, batch.object), scene = at::cross_entropy_loss(logits.scene, batch.scene);
  Tensor count = at::cross_entropy_loss(logits.count, batch.count), mask = at::binary_cross_entropy_with_logits(logits.mask, batch.mask);
  Tensor rotation = ((logits.rotation - batch.rotation).square().mean(1) * batch.rotation_known).mean();
  Tensor loss = object + of_scene * scene + of_count * count + of_mask * mask + of_rotation * rotation;
  if ((batch.colour >= 0).any().item<bool>()) loss = loss + of_colour * at::cross_entropy_loss(logits.colour, batch.colour);
  metrics["object"] = object.item<double>();
  metrics["scene"] = scene.item<double>();
  metrics["mask"] = mask.item<double>();
  metrics["rotation"] = rotation.item<double>();
  return loss;
}

void FrameTask::sample(const std::filesystem::path& stem, base::Json& metrics) {
  at::NoGradGuard no_grad;
  FrameBatch batch = dataset_.frames(validation_batch, validation_frames);
  vision::FrameLogits logits = predict(batch);
  Tensor object = batch.object.argmax(-1), none = object == batch.object.size(1) - 1, single = batch.count == 1,
         every = at::ones_like(single);
  metrics["object_accuracy"] = accuracy(logits.object, object, single & ~none);
  metrics["corrupted_rejected"] = accuracy(logits.object, object, single & none);
  metrics["colour_accuracy"] = accuracy(logits.colour, batch.colour, batch.colour >= 0);
  metrics["scene_accuracy"] = accuracy(logits.scene, batch.scene, every);
  metrics["count_accuracy"] = accuracy(logits.count, batch.count, every);
  Tensor mask = logits.mask.sigmoid();
  metrics["mask_iou"] = (at::minimum(mask, batch.mask).sum({1, 2}) / (at::maximum(mask, batch.mask).sum({1, 2}) + 1e-3))
                            .masked_select(single)
                            .mean()
                            .item<double>();
  media::write_image(stem.string() + ".png", contact_sheet(batch, logits.object.argmax(-1), dataset_.config().objects));
}

void FrameTask::save_model(const std::filesystem::path& folder) {
  vision::save_recogniser(folder / "recogniser", dataset_.config(), weights_.parameters());
}

}  // namespace zoetrope::evaluation
