#include "zoetrope/evaluation/playing.h"

#include <algorithm>
#include <cmath>

#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/random.h"
#include "zoetrope/evaluation/recogniser/dataset.h"
#include "zoetrope/evaluation/recogniser/score_clip.h"
#include "zoetrope/media/contact_sheet.h"
#include "zoetrope/training/autoencoder_task.h"
#include "zoetrope/world/captions.h"
#include "zoetrope/world/render.h"

namespace zoetrope::evaluation {
namespace {

using world::Action;

constexpr int64_t given_latents = 3, latents_of_action = 4;  // half a second, then a second
constexpr double horizons[] = {1, 2, 4, 8};                  // seconds
constexpr double least_shift = .05, least_growth = .15;      // of the picture; of the logarithm of the area
constexpr int64_t played_strips = 12, frames_of_strip = 10, hiding_attempts = 30;
constexpr double hiding_seconds = 8, hidden_below = .1, visible_above = .9;

/// Where something is in a picture and how large, in parts of the picture; nothing is seen where `area` is 0.
struct Place {
  double x = 0, y = 0, area = 0;
};

/// mask [h,w] in 0..1.
Place place_of(const Tensor& mask) {
  const Tensor m = mask.to(at::kDouble);
  const double sum = m.sum().item<double>();
  if (sum < 1) return {};
  auto centre = [&](int64_t other, int64_t size) {
    return ((m.sum(other) * (at::arange(size, at::kDouble) + .5)).sum() / (sum * static_cast<double>(size))).item<double>();
  };
  return {centre(0, m.size(1)), centre(1, m.size(0)), sum / static_cast<double>(m.numel())};
}

/// How far an action that moves or scales went, from the last given frame on; the places are of that and of the frames after it.
double effect(Action action, const std::vector<Place>& places) {
  const Place &first = places.front(), &last = places.back();
  if (first.area == 0 || last.area == 0) return 0;
  switch (action) {
    case Action::left:
      return first.x - last.x;
    case Action::right:
      return last.x - first.x;
    case Action::jump:
      return first.y - std::ranges::min(places, {}, &Place::y).y;
    case Action::drop:
      return last.y - first.y;
    case Action::grow:
      return std::log(last.area / first.area);
    case Action::shrink:
      return std::log(first.area / last.area);
    default:
      return 0;
  }
}

/// What is seen of frames [n,H,W,3] in 0..1, of which the first is the last given one.
struct Sight {
  std::vector<Place> places;
  int64_t scene, object;  // of the last frame

  Sight(const vision::Recogniser& recogniser, const Tensor& frames) {
    const vision::FramePredictions seen = recogniser.classify_frames(frames);
    for (int64_t i = 0; i < frames.size(0); ++i) places.push_back(place_of(seen.mask[i]));
    scene = seen.scene[-1].argmax().item<int64_t>();
    object = seen.object[-1].argmax().item<int64_t>();
  }
};

/// Whether an action shows in what was made, by what is true and what is seen of the drawn clip; nothing if it cannot show.
std::optional<bool> is_followed(Action action, const Sight& made, const Sight& drawn, int64_t scene, int64_t object) {
  if (action == Action::next_scene) return made.scene == scene;
  if (action == Action::next_object) return made.object == object;
  if (action == Action::none) {
    const Place &first = made.places.front(), &last = made.places.back();
    return made.object == object && std::abs(last.x - first.x) < least_shift && std::abs(last.y - first.y) < least_shift &&
           std::abs(std::log(last.area / first.area)) < least_growth;
  }
  const double enough = action == Action::grow || action == Action::shrink ? least_growth : least_shift,
               there = effect(action, drawn.places);
  if (there < enough) return {};
  return made.object == object && effect(action, made.places) >= there / 2;
}

/// The actions of an episode: what leads to it, in the given frames, and the action; what is pressed once is followed by nothing.
std::vector<Action> episode(Action action) {
  std::vector<Action> actions(given_latents, Action::none);
  if (action == Action::drop) actions[1] = Action::jump;  // what is dropped is in the air
  const bool once = action == Action::jump || action == Action::drop || action == Action::next_scene || action == Action::next_object;
  for (int64_t i = 0; i < latents_of_action; ++i) actions.push_back(i == 0 || !once ? action : Action::none);
  return actions;
}

double psnr(const Tensor& a, const Tensor& b) { return training::to_psnr((a - b).square().mean().item<double>()); }

/// The frames of a drawn scenario in 0..1, and its truth.
struct Simulated {
  Tensor frames;  // [T,H,W,3] fp32
  Tensor bytes;   // the same as uint8
  base::Json truth;
};

Simulated simulate(const world::Scenario& scenario, const data::ClipShape& shape) {
  const world::Rendered rendered = world::render(scenario, shape);
  return {rendered.frames.to(at::kFloat) / 255, rendered.frames, rendered.truth};
}

/// A steered scenario whose latent frames have these actions. The first latent frame is the clip's first moment, before any action.
world::Scenario with_actions(world::Scenario scenario, const std::vector<Action>& actions) {
  scenario.steering->actions.assign(actions.begin() + 1, actions.end());
  return scenario;
}

/// Something that goes behind a wall and comes out again.
struct Hiding {
  world::Scenario scenario;
  Simulated drawn;
  int64_t given, back;  // frames until it begins to hide; the frame in which it is whole again
};

std::optional<Hiding> find_hiding(const world::World& world, uint64_t index, const data::ClipShape& shape, int64_t group) {
  for (int64_t attempt = 0; attempt < hiding_attempts; ++attempt) {
    const world::Scenario scenario = world.scenario(base::derive_seed({index, static_cast<uint64_t>(attempt)}) >> 1, shape);
    if (!scenario.occluder) continue;
    Simulated drawn = simulate(scenario, shape);
    const base::Json& facts = drawn.truth["objects"][0]["frames"];
    auto visible = [&](int64_t t) { return facts[t]["visibility"].get<double>(); };
    int64_t hidden = 0, whole = -1, back = 0;
    while (hidden < shape.frames && visible(hidden) >= hidden_below) whole = visible(hidden) > visible_above ? hidden : whole, ++hidden;
    for (back = hidden; back < shape.frames && visible(back) <= visible_above;) ++back;
    const int64_t given = whole < 0 ? 0 : whole / group * group + 1;
    if (back < shape.frames && given >= (given_latents - 1) * group + 1) return Hiding{scenario, std::move(drawn), given, back};
  }
  return {};
}

world::World hiding_world(const world::World& world) {
  world::Settings settings = world.settings();
  settings.motions = {"paces"};
  settings.steered = 0;
  settings.occluded = 1;
  return world::World(settings);
}

constexpr Metric share{"", Kind::share, ""};

}  // namespace

world::World steered_world(const world::World& world) {
  world::Settings settings = world.settings();
  settings.steered = 1;
  settings.occluded = 0;
  settings.max_objects = 1;
  settings.camera = false;
  std::erase(settings.motions, "collides");
  return world::World(settings);
}

Report playing(const vision::Recogniser& recogniser, const world::World& world, const generation::Request& defaults, int64_t group,
               int64_t clips, uint64_t seed, const Stream& stream, base::Observer& observer) {
  check_names(recogniser.config(), world.settings());
  const double fps = defaults.fps.value();
  if (std::abs(static_cast<double>(group) / fps - world::action_seconds) > 1e-9)
    throw base::Error("an action of the world rules for {} s, and a latent frame of {} frames at {} a second for {:.3f}",
                      world::action_seconds, group, fps, static_cast<double>(group) / fps);
  auto shape_for = [&](int64_t latents) {
    return data::ClipShape{(latents - 1) * group + 1, defaults.height, defaults.width, defaults.fps};
  };
  const int64_t given_frames = (given_latents - 1) * group + 1;
  Report report{"world", "", clips, {}, {}, {}};
  std::map<std::string, std::vector<double>> made, ceiling, still;
  std::vector<double> rates, latencies;

  auto play = [&](const world::Scenario& scenario, const Simulated& drawn, int64_t given, std::vector<Action> actions, int64_t i) {
    observer.throw_if_cancelled();
    Played played{defaults, drawn.bytes.narrow(0, 0, given), std::move(actions)};
    const world::Captions captions = world::caption(scenario, base::derive_seed({seed, static_cast<uint64_t>(i)}));
    played.request.prompt = i % 2 == 0 ? captions.en : captions.zh;
    played.request.seed = seed + static_cast<uint64_t>(i);
    Continuation went = stream(played);
    rates.push_back(static_cast<double>(went.frames.size(0)) / went.seconds);
    latencies.push_back(static_cast<double>(group) * (went.seconds / static_cast<double>(went.frames.size(0)) + 1 / fps));
    if (std::ssize(report.strips) < played_strips) {
      auto some = [](const Tensor& t) { return autoencoder::to_bytes(media::some_frames(t, frames_of_strip)); };
      report.strips.push_back({played.request.prompt, "above: simulated, below: made",
                               at::cat({some(drawn.frames.narrow(0, given, went.frames.size(0))), some(went.frames)}, 1)});
    }
    return went.frames;
  };

  const world::World steered = steered_world(world), hiding = hiding_world(world);
  const auto latents_of_future = given_latents + static_cast<int64_t>(std::llround(std::ranges::max(horizons) / world::action_seconds));
  for (int64_t i = 0; i < clips; ++i) {
    const auto index = static_cast<uint64_t>(i);
    const world::Scenario begun = steered.scenario(index, shape_for(given_latents + latents_of_action));
    for (size_t k = 0; k < world::action_names.size(); ++k) {
      const auto action = static_cast<Action>(k);
      const auto& steering = *begun.steering;
      if ((action == Action::next_scene && steering.scenes.size() < 2) || (action == Action::next_object && steering.objects.size() < 2))
        continue;
      const std::vector<Action> actions = episode(action);
      const world::Scenario scenario = with_actions(begun, actions);
      const Simulated drawn = simulate(scenario, shape_for(std::ssize(actions)));
      const Tensor frames = play(scenario, drawn, given_frames, actions, i);
      const Tensor start = drawn.frames.narrow(0, given_frames - 1, 1), future = drawn.frames.slice(0, given_frames);
      const Sight sight(recogniser, at::cat({start, frames})), truth(recogniser, at::cat({start, future}));
      const base::Json& end = drawn.truth["steering"].back();
      const int64_t scene = class_of(recogniser.config().scenes, end["scene"]), object = class_of(recogniser.config().objects, end["name"]);
      if (const auto right = is_followed(action, sight, truth, scene, object)) {
        for (const std::string& row : {std::string("followed"), fmt::format("followed {}", world::name_of(action))}) {
          made[row].push_back(*right);
          ceiling[row].push_back(*is_followed(action, truth, truth, scene, object));
        }
      }
    }
    const data::ClipShape long_shape = shape_for(latents_of_future);
    const world::Scenario scenario = steered.scenario(index + static_cast<uint64_t>(clips), long_shape);
    std::vector<Action> actions{Action::none};
    actions.insert(actions.end(), scenario.steering->actions.begin(), scenario.steering->actions.end());
    actions.resize(static_cast<size_t>(latents_of_future));
    const Simulated drawn = simulate(scenario, long_shape);
    const Tensor frames = play(scenario, drawn, given_frames, actions, i);
    for (double horizon : horizons) {
      const int64_t end = std::llround(horizon * fps);
      const Tensor truth = drawn.frames.narrow(0, given_frames + end - group, group);
      const std::string row = fmt::format("psnr {:.0f} s", horizon);
      made[row].push_back(psnr(frames.narrow(0, end - group, group), truth));
      still[row].push_back(psnr(drawn.frames.narrow(0, given_frames - 1, 1), truth));
    }
    const auto hiding_latents = 1 + static_cast<int64_t>(hiding_seconds / world::action_seconds);
    if (const auto hid = find_hiding(hiding, index, shape_for(hiding_latents), group)) {
      const Tensor out =
          play(hid->scenario, hid->drawn, hid->given, std::vector<Action>(static_cast<size_t>(hiding_latents), Action::none), i);
      const int64_t object = class_of(recogniser.config().objects, hid->scenario.objects[0].name);
      auto comes_out = [&](const Tensor& shown) {
        const int64_t from = hid->back - hid->given, count = std::min<int64_t>(shown.size(0) - from, std::llround(fps));
        return (recogniser.classify_frames(shown.narrow(0, from, count)).object.argmax(-1) == object).any().item<bool>();
      };
      made["permanence"].push_back(comes_out(out));
      ceiling["permanence"].push_back(comes_out(hid->drawn.frames.slice(0, hid->given)));
    }
    observer.progress("playing", i + 1, clips);
  }

  auto add = [&](const std::string& name, const Metric& metric) {
    auto optional_mean = [&](const auto& values) {
      const auto found = values.find(name);
      return found == values.end() ? std::nullopt : std::optional(average(metric.kind, found->second));
    };
    if (made.contains(name))
      report.scores.push_back(score_of(name, metric, made[name], seed, optional_mean(still), optional_mean(ceiling)));
  };
  add("followed", {"", Kind::share, "of all actions"});
  for (const auto action : world::action_names) add(fmt::format("followed {}", action), share);
  for (double horizon : horizons) add(fmt::format("psnr {:.0f} s", horizon), {"", Kind::mean, "dB, to the simulated future"});
  add("permanence", {"", Kind::share, "what goes behind a wall comes out again"});
  made["frames_per_second"] = rates, made["key_to_picture"] = latencies;
  add("frames_per_second", {"", Kind::mean, ""});
  add("key_to_picture", {"", Kind::mean, "seconds, at the longest"});
  return report;
}

}  // namespace zoetrope::evaluation
