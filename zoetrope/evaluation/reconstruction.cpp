#include "zoetrope/evaluation/reconstruction.h"

#include <chrono>

#include "zoetrope/media/contact_sheet.h"
#include "zoetrope/training/autoencoder_task.h"

namespace zoetrope::evaluation {
namespace {

/// A source of one clip.
class Only : public data::Source {
 public:
  explicit Only(data::Example example) : example_(std::move(example)) {}
  data::Example example(uint64_t, const data::ClipShape&) const override { return example_; }

 private:
  data::Example example_;
};

struct Decoded {
  Tensor frames;  // [T,H,W,3] uint8
  double speed;   // seconds of video in a second of decoding
};

Decoded decode(const autoencoder::VideoAutoencoder& autoencoder, const media::Clip& clip) {
  at::NoGradGuard no_grad;
  Tensor latents = autoencoder.encode(autoencoder::to_signal(clip.frames));
  auto start = std::chrono::steady_clock::now();
  Tensor decoded = autoencoder.decode(latents);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return {autoencoder::to_bytes(autoencoder::to_unit(decoded)), clip.seconds() / seconds};
}

Score score(const char* name, const std::vector<double>& values, uint64_t seed, const char* note) {
  return {name, mean(values), bootstrap(values, seed), {}, {}, std::ssize(values), note};
}

}  // namespace

Report reconstruction(const autoencoder::VideoAutoencoder& autoencoder, const data::Source& source, const data::ClipShape& shape,
                      int64_t clips, uint64_t seed, base::Observer& observer) {
  constexpr int64_t strips = 12, frames_a_strip = 8;
  std::vector<double> all, subject, speed;
  Report report{"reconstruction", "", clips, {}, {}, {}};
  for (int64_t i = 0; i < clips; ++i) {
    observer.checkpoint();
    data::Example example = source.example(static_cast<uint64_t>(i), shape);
    const bool has_subject = example.focus.defined() && (example.focus > 127).any().item<bool>();
    training::Reconstruction lost = training::reconstruction(autoencoder, Only(example), shape, 1);
    Decoded decoded = decode(autoencoder, example.clip);
    all.push_back(lost.psnr);
    if (has_subject) subject.push_back(lost.psnr_focus);
    speed.push_back(decoded.speed);
    if (i < strips) {
      Tensor shown = at::tensor(media::evenly_spaced(shape.frames, frames_a_strip));
      report.strips.push_back({example.caption, "above: drawn, below: decoded",
                               at::cat({example.clip.frames.index_select(0, shown), decoded.frames.index_select(0, shown)}, 1)});
    }
    observer.progress("reconstructing clips", i + 1, clips);
  }
  report.scores = {score("psnr", all, seed, "dB, all pixels"), score("psnr_focus", subject, seed, "dB, pixels of the subject"),
                   score("decoding", speed, seed, "seconds of video a second")};
  return report;
}

}  // namespace zoetrope::evaluation
