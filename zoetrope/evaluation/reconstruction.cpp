#include "zoetrope/evaluation/reconstruction.h"

#include "zoetrope/evaluation/seams.h"
#include "zoetrope/media/contact_sheet.h"
#include "zoetrope/training/autoencoder_task.h"

namespace zoetrope::evaluation {
namespace {

constexpr int64_t strips = 12, frames_shown = 8;

/// Some frames of the original above what came back of them.
Strip strip(const data::Example& example, const Tensor& decoded) {
  auto some = [](const Tensor& frames) { return media::some_frames(frames, frames_shown); };
  return {example.caption, "above: drawn, below: decoded", at::cat({some(example.clip.frames), autoencoder::to_bytes(some(decoded))}, 1)};
}

}  // namespace

Report reconstruction(const autoencoder::VideoAutoencoder& autoencoder, const data::Dataset& dataset, const data::ClipShape& shape,
                      int64_t clips, uint64_t seed, base::Observer& observer) {
  std::vector<double> all, subject, speed, seams_made, seams_drawn;
  Report report{"reconstruction", "", clips, {}, {}, {}};
  for (int64_t i = 0; i < clips; ++i) {
    observer.throw_if_cancelled();
    data::Example example = dataset.example(static_cast<uint64_t>(i), shape);
    training::Reconstructed result = training::reconstruct(autoencoder, example);
    all.push_back(result.psnr);
    if (result.psnr_subject) subject.push_back(*result.psnr_subject);
    speed.push_back(example.clip.seconds() / result.decoding_seconds);
    seams_made.push_back(seams(result.frames));
    seams_drawn.push_back(seams(example.clip.frames.to(at::kFloat) / 255));
    if (i < strips) report.strips.push_back(strip(example, result.frames));
    observer.progress("reconstructing clips", i + 1, clips);
  }
  auto add = [&](const char* name, const std::vector<double>& values, const char* note) {
    if (!values.empty()) report.scores.push_back({name, mean(values), bootstrap(values, seed), {}, {}, std::ssize(values), note});
  };
  add("psnr", all, "dB, all pixels");
  add("psnr_subject", subject, "dB, pixels of the subject");
  add("decoding", speed, "seconds of video a second");
  report.scores.push_back({"seams",
                           geometric_mean(seams_made),
                           bootstrap_geometric(seams_made, seed),
                           {},
                           geometric_mean(seams_drawn),
                           std::ssize(seams_made),
                           "at borders of patches; 1 if invisible"});
  return report;
}

}  // namespace zoetrope::evaluation
