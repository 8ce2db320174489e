#include "zoetrope/evaluation/recogniser/score_clip.h"

#include <algorithm>

#include "zoetrope/evaluation/recogniser/dataset.h"
#include "zoetrope/evaluation/recogniser/shape_iou.h"
#include "zoetrope/evaluation/seams.h"
#include "zoetrope/media/contact_sheet.h"
#include "zoetrope/media/resize.h"

namespace zoetrope::evaluation {
namespace {

constexpr int64_t outlines = 5;  // frames of a clip whose outline is compared

bool is(const Tensor& probabilities, int64_t index) { return probabilities.argmax().item<int64_t>() == index; }

/// Whether the likeliest objects are those of the scenario, as many as it has.
bool found(const Tensor& object, const world::Scenario& asked, const std::vector<std::string>& names) {
  Tensor likeliest = std::get<1>(object.topk(std::ssize(asked.objects)));
  return std::all_of(asked.objects.begin(), asked.objects.end(),
                     [&](const world::Object& o) { return (likeliest == class_of(names, o.name)).any().item<bool>(); });
}

/// Whether nothing of a mask [n,h,w] is at the edge of its frames.
bool inside(const Tensor& mask) {
  constexpr double there = .5;
  Tensor seen = mask > there;
  return !(seen.select(1, 0).any() | seen.select(1, -1).any() | seen.select(2, 0).any() | seen.select(2, -1).any()).item<bool>();
}

double mean_shape_iou(const Tensor& mask, const world::Object& object) {
  double sum = 0;
  std::vector<int64_t> compared = media::evenly_spaced(mask.size(0), outlines);
  for (int64_t i : compared) sum += shape_iou(mask[i], object);
  return sum / static_cast<double>(compared.size());
}

}  // namespace

Prediction recognise(const vision::Recogniser& recogniser, const Tensor& frames) {
  Tensor chosen = media::some_frames(frames, vision::num_frames);
  vision::FramePredictions predictions = recogniser.classify_frames(chosen);
  Prediction f{predictions.object.mean(0),
               predictions.colour.mean(0),
               predictions.scene.mean(0),
               predictions.count.mean(0),
               predictions.object.argmax(-1),
               predictions.mask,
               {},
               {}};
  f.images = media::resize(chosen, predictions.mask.size(1), predictions.mask.size(2)).permute({0, 3, 1, 2});
  if (chosen.size(0) > 1) f.motion = recogniser.classify_motion(predictions);
  f.seams = seams(chosen);
  return f;
}

double identity(const Tensor& seen, int64_t none) { return (seen == seen[0]).all().item<bool>() && seen[0].item<int64_t>() != none; }

double background_drift(const Tensor& images, const Tensor& mask) {
  constexpr double free = .1;
  Tensor covered = at::max_pool2d(mask.unsqueeze(1), {5, 5}, {1, 1}, {2, 2}) > free;  // [n,1,h,w], with a rim
  Tensor both_free = ~(covered | covered[0].unsqueeze(0));
  Tensor change = (images - images[0].unsqueeze(0)).abs().mean(1, /*keepdim=*/true) * both_free;
  return (change.sum() / (both_free.slice(0, 1).sum() + 1e-6)).item<double>();
}

ClipScores score_clip(const Prediction& f, const world::Scenario& asked, const vision::RecogniserConfig& names) {
  ClipScores scores;
  scores["object"] = found(f.object, asked, names.objects);
  scores["scene"] = is(f.scene, class_of(names.scenes, asked.scene));
  scores["count"] = is(f.count, std::ssize(asked.objects));
  if (asked.objects.size() == 1) {
    const world::Object& o = asked.objects[0];
    if (!o.colour.empty()) scores["colour"] = is(f.colour, class_of(names.colours, o.colour));
    if (f.motion) scores["motion"] = is(f.motion->motion, class_of(names.motions, o.motion));
    if (f.motion && o.direction != world::Direction::none) scores["direction"] = is(f.motion->direction, static_cast<int64_t>(o.direction));
    scores["shape_iou"] = mean_shape_iou(f.mask, o);
  }
  scores["inside"] = inside(f.mask);
  scores["seams"] = f.seams;
  if (f.motion) {
    scores["identity"] = identity(f.seen, std::ssize(names.objects));
    scores["background_drift"] = background_drift(f.images, f.mask);
  }
  return scores;
}

}  // namespace zoetrope::evaluation
