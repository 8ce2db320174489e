#include "zoetrope/training/autoencoder_task.h"

#include <chrono>
#include <cmath>

#include "zoetrope/base/error.h"
#include "zoetrope/media/contact_sheet.h"
#include "zoetrope/media/image.h"

namespace zoetrope::training {
namespace {

/// A number in [0, count) from a generator.
int64_t draw_below(int64_t count, at::Generator& generator) { return at::randint(count, {1}, generator, at::kLong).item<int64_t>(); }

/// The weighted squared error of differences between neighbours along both sides of the image.
Tensor gradient_error(const Tensor& difference, const Tensor& weights) {
  Tensor sum = difference.new_zeros({});
  for (int64_t axis : {3, 4}) {
    int64_t length = difference.size(axis);
    Tensor step = difference.narrow(axis, 1, length - 1) - difference.narrow(axis, 0, length - 1);
    sum = sum + (step.square() * weights.narrow(axis, 1, length - 1)).mean();
  }
  return sum;
}

/// Training uses latents without normalisation.
autoencoder::native::Config without_scales(autoencoder::native::Config config) {
  config.latents_mean.clear();
  config.latents_scale.clear();
  return config;
}

/// Sensitivity of the pixels to each channel [C]: the root mean square change when noise of half its deviation is added to it alone, per
/// deviation.
Tensor pixel_sensitivity(const autoencoder::native::Autoencoder& model, const Tensor& latents, const Tensor& deviations) {
  constexpr double fraction = 0.5;  // of the deviation
  at::Generator generator = base::generator(0);
  Tensor noise = fraction * base::randn(latents.select(1, 0).sizes(), generator).to(latents.device()),
         decoded = model.decode_batch(latents);
  std::vector<Tensor> sensitivity;
  for (int64_t c = 0; c < latents.size(1); ++c) {
    Tensor moved = latents.clone();
    moved.select(1, c).add_(noise * deviations[c]);
    sensitivity.push_back((model.decode_batch(moved) - decoded).square().mean().sqrt() / fraction);
  }
  return at::stack(sensitivity);
}

}  // namespace

void check(const AutoencoderSettings& s) {
  const autoencoder::Geometry g;
  if (!g.valid_length(s.shape.frames) || !g.valid_length(s.crop_frames) || s.crop_frames > s.shape.frames)
    throw base::UsageError("crops and clips must have {}k+1 frames, crops at most as many as clips; got crops of {} and clips of {}",
                           g.time, s.crop_frames, s.shape.frames);
  if (s.shape.width % 16 != 0 || s.shape.height % 16 != 0 || s.crop % 16 != 0)
    throw base::UsageError("sides must be multiples of 16, got crops of {} and clips of {}x{}", s.crop, s.shape.width, s.shape.height);
  if (s.crop < 16 || s.crop > std::min(s.shape.width, s.shape.height))
    throw base::UsageError("crops of {} pixels cannot be cut from clips of {}x{}", s.crop, s.shape.width, s.shape.height);
}

double to_psnr(double squared_error) { return -10 * std::log10(std::max(squared_error, 1e-10)); }

Reconstructed reconstruct(const autoencoder::VideoAutoencoder& model, const data::Example& example) {
  at::NoGradGuard no_grad;
  Tensor latents = model.encode(autoencoder::to_model_range(example.clip.frames));
  const auto start = std::chrono::steady_clock::now();
  Tensor decoded = model.decode(latents).cpu();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  Tensor frames = autoencoder::to_unit_range(decoded);
  Tensor error = (frames - example.clip.frames.to(at::kFloat) / 255).square().mean(-1);  // [T,H,W]
  Reconstructed result{frames, to_psnr(error.mean().item<double>()), {}, taken.count()};
  if (!example.subject_mask.defined()) return result;
  Tensor of_subject = error.masked_select(example.subject_mask > 127);
  if (of_subject.numel() > 0) result.psnr_subject = to_psnr(of_subject.mean().item<double>());
  return result;
}

Reconstruction reconstruction(const autoencoder::VideoAutoencoder& model, const data::Dataset& dataset, const data::ClipShape& shape,
                              int64_t clips) {
  double all = 0, subject_mask = 0;
  int64_t focused = 0;
  for (int64_t i = 0; i < clips; ++i) {
    Reconstructed clip = reconstruct(model, dataset.example(static_cast<uint64_t>(i), shape));
    all += clip.psnr;
    subject_mask += clip.psnr_subject.value_or(0);
    focused += clip.psnr_subject.has_value();
  }
  return {all / static_cast<double>(clips), focused > 0 ? subject_mask / static_cast<double>(focused) : 0};
}

AutoencoderTask::AutoencoderTask(const data::Dataset& dataset, const data::Dataset& validation, autoencoder::native::Config config,
                                 AutoencoderSettings settings, const tensor::Placement& placement, tensor::WeightSource* initial)
    : dataset_(dataset),
      validation_(validation),
      config_(std::move(config)),
      settings_(settings),
      weights_(settings.seed, autoencoder::native::Autoencoder::init, initial, placement),
      model_(tensor::Weights(weights_), without_scales(config_)) {
  if (initial != nullptr && !initial->has("decoder.synthesis.weight")) {
    at::NoGradGuard no_grad;
    for (const auto& [name, value] : fit_synthesis(model_, dataset_, settings_.shape, settings_.pca_clips, settings_.latent_noise))
      Tensor(weights_.parameters().at(name)).copy_(value);
  }
  for (const auto& [name, parameter] : weights_.parameters())
    if (!settings_.freeze_encoder || !name.starts_with("encoder.")) trained_[name] = parameter;
}

bool AutoencoderTask::uses_muon(const std::string& name) const {
  return name.find("blocks.") != std::string::npos || name.find("look_back") != std::string::npos;
}

void AutoencoderTask::begin(int64_t step) {
  batches_ = std::make_unique<data::Prefetcher<CropBatch>>([this](int64_t i) { return draw(i); }, step, /*depth=*/8,
                                                           static_cast<int>(settings_.workers));
}

CropBatch AutoencoderTask::draw(int64_t step) const {
  at::Generator generator = base::generator(base::derive_seed({settings_.seed, 1, static_cast<uint64_t>(step)}));
  std::vector<Tensor> frames, weights;
  data::Example example;
  for (int64_t i = 0; i < settings_.batch; ++i) {
    if (i % settings_.crops_per_clip == 0)
      example = dataset_.example(static_cast<uint64_t>(step * settings_.batch + i) / settings_.crops_per_clip, settings_.shape);
    int64_t start = draw_below(settings_.shape.frames - settings_.crop_frames + 1, generator);
    int64_t top = draw_below(settings_.shape.height - settings_.crop + 1, generator),
            left = draw_below(settings_.shape.width - settings_.crop + 1, generator);
    auto cut = [&](const Tensor& t) {
      return t.narrow(0, start, settings_.crop_frames).narrow(1, top, settings_.crop).narrow(2, left, settings_.crop);
    };
    frames.push_back(autoencoder::to_model_range(cut(example.clip.frames)));
    Tensor subject_mask = example.subject_mask.defined() ? cut(example.subject_mask)
                                                         : at::zeros({settings_.crop_frames, settings_.crop, settings_.crop}, at::kByte);
    weights.push_back(1 + (settings_.subject_weight - 1) * subject_mask.to(at::kFloat).div(255).unsqueeze(0).unsqueeze(0));
  }
  return {at::cat(frames), at::cat(weights)};
}

Tensor AutoencoderTask::loss(int64_t step, base::Json& metrics) {
  CropBatch batch = batches_->next();
  const at::Device device = model_.placement().device;
  Tensor frames = batch.frames.to(device), weights = batch.weights.to(device);
  at::Generator generator = base::generator(base::derive_seed({settings_.seed, 2, static_cast<uint64_t>(step)}));
  Tensor z;
  {
    at::AutoGradMode gradients(!settings_.freeze_encoder);
    z = model_.encode_batch(frames);
  }
  z = z + settings_.latent_noise * base::randn(z.sizes(), generator).to(device);
  Tensor difference = model_.decode_batch(z) - frames;
  Tensor squared = (difference.square() * weights).mean();
  metrics["psnr"] = to_psnr(difference.detach().square().mean().item<double>() / 4);
  return 4 * squared + settings_.gradient_weight * gradient_error(difference, weights) +
         settings_.absolute_weight * (difference.abs() * weights).mean();
}

void AutoencoderTask::sample(const std::filesystem::path& stem, base::Json& metrics) {
  at::NoGradGuard no_grad;
  autoencoder::native::Autoencoder model(tensor::Weights(weights_), measured_config(8));
  Reconstruction quality = reconstruction(model, validation_, settings_.shape, 8);
  metrics["validation_psnr"] = quality.psnr;
  metrics["validation_psnr_subject"] = quality.psnr_subject;

  std::vector<media::SheetRow> rows;
  for (uint64_t i = 0; i < 4; ++i) {
    data::Example example = validation_.example(i, settings_.shape);
    Tensor decoded = autoencoder::to_bytes(reconstruct(model, example).frames);
    rows.push_back({"original", media::some_frames(example.clip.frames, 8)});
    rows.push_back({"decoded", media::some_frames(decoded, 8)});
  }
  media::write_image(stem.string() + ".png", media::labelled_sheet(rows));
}

void AutoencoderTask::save_model(const std::filesystem::path& folder) {
  autoencoder::native::save(folder / "vae", measured_config(/*clips=*/64), weights_.parameters());
}

autoencoder::native::Config AutoencoderTask::measured_config(int64_t clips) const {
  if (settings_.freeze_encoder) return config_;
  at::NoGradGuard no_grad;
  std::vector<Tensor> latents;
  for (int64_t i = 0; i < clips; ++i)
    latents.push_back(
        model_.encode_batch(autoencoder::to_model_range(dataset_.example(static_cast<uint64_t>(i), settings_.shape).clip.frames)
                                .to(model_.placement().device)));
  Tensor all = at::cat(latents), z = all.transpose(0, 1).flatten(1), deviations = z.std(1);  // [N,C,t,h,w], [C,n], [C]
  Tensor sensitivity = pixel_sensitivity(model_, all.narrow(0, 0, std::min<int64_t>(8, clips)), deviations);
  Tensor mean = z.mean(1).to(at::kCPU, at::kDouble), scale = latent_scales(deviations, sensitivity).to(at::kCPU, at::kDouble);
  autoencoder::native::Config config = config_;
  config.latents_mean.assign(mean.data_ptr<double>(), mean.data_ptr<double>() + mean.numel());
  config.latents_scale.assign(scale.data_ptr<double>(), scale.data_ptr<double>() + scale.numel());
  return config;
}

}  // namespace zoetrope::training
