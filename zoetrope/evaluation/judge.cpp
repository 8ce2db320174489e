#include "zoetrope/evaluation/judge.h"

#include <algorithm>

#include "zoetrope/evaluation/outline.h"
#include "zoetrope/evaluation/seams.h"
#include "zoetrope/evaluation/showings.h"
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

double form(const Tensor& mask, const world::Object& object) {
  double sum = 0;
  std::vector<int64_t> compared = media::evenly_spaced(mask.size(0), outlines);
  for (int64_t i : compared) sum += outline_overlap(mask[i], object);
  return sum / static_cast<double>(compared.size());
}

}  // namespace

Finding examine(const vision::Recogniser& recogniser, const Tensor& frames) {
  Tensor chosen = frames.index_select(0, at::tensor(media::evenly_spaced(frames.size(0), vision::looked_at)));
  vision::Sight sight = recogniser.look(chosen);
  Finding f{
      sight.object.mean(0), sight.colour.mean(0), sight.scene.mean(0), sight.count.mean(0), sight.object.argmax(-1), sight.mask, {}, {}};
  f.pictures = media::resize(chosen, sight.mask.size(1), sight.mask.size(2)).permute({0, 3, 1, 2});
  if (chosen.size(0) > 1) f.action = recogniser.follow(sight);
  f.seams = seams(chosen);
  return f;
}

double identity(const Tensor& seen, int64_t none) { return (seen == seen[0]).all().item<bool>() && seen[0].item<int64_t>() != none; }

double drift(const Tensor& pictures, const Tensor& mask) {
  constexpr double free = .1;
  Tensor covered = at::max_pool2d(mask.unsqueeze(1), {5, 5}, {1, 1}, {2, 2}) > free;  // [n,1,h,w], with a rim
  Tensor both_free = ~(covered | covered[0].unsqueeze(0));
  Tensor change = (pictures - pictures[0].unsqueeze(0)).abs().mean(1, /*keepdim=*/true) * both_free;
  return (change.sum() / (both_free.slice(0, 1).sum() + 1e-6)).item<double>();
}

Marks judge(const Finding& f, const world::Scenario& asked, const vision::RecogniserConfig& names) {
  Marks marks;
  marks["object"] = found(f.object, asked, names.objects);
  marks["scene"] = is(f.scene, class_of(names.scenes, asked.scene));
  marks["count"] = is(f.count, std::ssize(asked.objects));
  if (asked.objects.size() == 1) {
    const world::Object& o = asked.objects[0];
    if (!o.colour.empty()) marks["colour"] = is(f.colour, class_of(names.colours, o.colour));
    if (f.action) marks["motion"] = is(f.action->motion, class_of(names.motions, o.motion));
    if (f.action && o.direction != world::Direction::none) marks["direction"] = is(f.action->direction, static_cast<int64_t>(o.direction));
    marks["form"] = form(f.mask, o);
  }
  marks["seams"] = f.seams;
  if (f.action) {
    marks["identity"] = identity(f.seen, std::ssize(names.objects));
    marks["drift"] = drift(f.pictures, f.mask);
  }
  return marks;
}

}  // namespace zoetrope::evaluation
