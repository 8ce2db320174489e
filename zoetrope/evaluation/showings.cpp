#include "zoetrope/evaluation/showings.h"

#include <algorithm>
#include <cmath>

#include "zoetrope/base/random.h"
#include "zoetrope/evaluation/spoil.h"
#include "zoetrope/world/render.h"

namespace zoetrope::evaluation {
namespace {

constexpr int64_t side = vision::seen_side, cell = 8, nobody_asks = -100;
constexpr double smallest_visible = .4;  // of an object that must be named

world::Settings with(world::Settings settings, int max_objects, uint64_t seed) {
  settings.split = world::Split::all;
  settings.max_objects = max_objects;
  settings.seed = seed;
  if (max_objects < 2) std::erase(settings.motions, "collides");
  return settings;
}

data::ClipShape clip_shape(double seconds) {
  return {vision::looked_at, side, side, {vision::looked_at - 1, static_cast<int64_t>(seconds)}};
}

/// cos and sin of `angle` in one, four and five turns (vision::FrameLogits).
Tensor turn_of(double angle) {
  std::vector<float> turn;
  for (double k : {1., 4., 5.}) turn.insert(turn.end(), {static_cast<float>(std::cos(k * angle)), static_cast<float>(std::sin(k * angle))});
  return at::tensor(turn);
}

/// Blurs by mixing with a 3x3 mean; frames [n,3,H,W].
Tensor softened(const Tensor& frames, double amount) {
  return frames + amount * (at::avg_pool2d(at::reflection_pad2d(frames, {1, 1, 1, 1}), {3, 3}, {1, 1}) - frames);
}

/// Light changes of tone, focus and grain of frames [n,3,H,W]: tone for each of `each` frames by itself, or for all of a clip alike (1).
Tensor varied(const Tensor& frames, int64_t each, uint64_t seed) {
  base::Rng rng(seed + 2);
  at::Generator generator = base::generator(seed + 3);
  auto vary = [&](double low, double high) { return at::rand({each, 1, 1, 1}, generator) * (high - low) + low; };
  Tensor x = (frames - .5) * vary(.88, 1.12) + .5 + vary(-.06, .06);
  if (rng.chance(.6)) x = softened(x, rng.uniform(0, 1));
  return (x + rng.uniform(0, .03) * base::randn(x.sizes(), generator)).clamp(0, 1).contiguous();
}

}  // namespace

/// One frame and what is true of it.
struct Showings::FrameShowing {
  Tensor frame, object, mask, turn;  // [3,H,W], [K+1], [h,w], [6]
  Tensor mixed;                      // [H/8,W/8] bool: cells whose latents change places, or undefined
  int64_t colour = nobody_asks, scene, count;
  bool turn_known = false;
};

int64_t class_of(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) - names.begin();
}

vision::RecogniserConfig recogniser_of(const world::Settings& settings) {
  vision::RecogniserConfig config;
  config.objects = settings.objects;
  config.objects.insert(config.objects.end(), settings.shapes.begin(), settings.shapes.end());
  if (!settings.shapes.empty()) config.colours = settings.colours;
  config.scenes = settings.scenes;
  config.motions = settings.motions;
  return config;
}

Showings::Showings(ShowingSettings settings, const autoencoder::VideoAutoencoder* autoencoder)
    : settings_(std::move(settings)),
      autoencoder_(autoencoder),
      config_(recogniser_of(settings_.world)),
      singles_(with(settings_.world, 1, settings_.seed)),
      pairs_(with(settings_.world, 2, settings_.seed + 1)) {}

Showings::FrameShowing Showings::frame(uint64_t number, bool decoded) const {
  base::Rng rng(base::derive_seed({settings_.seed, 1, number}));
  const double kind = rng.uniform(0, 1);
  const bool empty = kind < settings_.empty, spoiled = !empty && kind < settings_.empty + settings_.spoiled;
  const bool mixed = spoiled && decoded && rng.chance(.5);
  const world::World& world = kind > 1 - settings_.pairs ? pairs_ : singles_;
  const data::ClipShape shape{1, side, side};
  world::Scenario s = world.scenario(number, shape);
  s.moment = rng.uniform(0, 1) * s.seconds;  // any moment of a clip
  if (empty) s.objects.clear();
  world::Rendered rendered = world::render(s, shape);

  FrameShowing shown;
  shown.frame = rendered.frames[0].permute({2, 0, 1}).to(at::kFloat) / 255;
  Tensor cover = rendered.subject_mask[0].to(at::kFloat) / 255;
  shown.scene = class_of(config_.scenes, s.scene);
  shown.count = std::ssize(s.objects);
  shown.object = at::zeros({std::ssize(config_.objects) + 1});
  shown.turn = at::zeros({6});
  if (spoiled && !mixed) {
    Parts parts = take_apart(s, rendered.frames, rendered.subject_mask, shape);
    parts.layers = spoil(parts.layers[0], rng.pick(fitting_spoils(s.objects[0])), rng).unsqueeze(0);
    shown.frame = put_together(parts)[0];
    cover = parts.layers[0][3];
  }
  shown.mask = at::avg_pool2d(cover.unsqueeze(0), {2, 2})[0];
  if (mixed) shown.mixed = at::avg_pool2d(cover.unsqueeze(0), {cell, cell})[0] > .1;
  if (spoiled || empty) {
    shown.object[-1] = 1;
    return shown;
  }
  for (const world::Object& o : s.objects) shown.object[class_of(config_.objects, o.name)] += 1. / static_cast<double>(shown.count);
  const base::Json& facts = rendered.truth["objects"][0]["frames"][0];
  if (shown.count == 1 && facts["visibility"].get<double>() > smallest_visible) {
    if (!s.objects[0].colour.empty()) shown.colour = class_of(config_.colours, s.objects[0].colour);
    shown.turn = turn_of(facts["angle"]);
    shown.turn_known = s.objects[0].name != "circle";
  }
  return shown;
}

FrameBatch Showings::frames(int64_t number, int64_t batch) const {
  at::NoGradGuard no_grad;
  const uint64_t seed = base::derive_seed({settings_.seed, 3, static_cast<uint64_t>(number)});
  const bool decoded = is_decoded(seed);
  std::vector<Tensor> frames, objects, masks, turns, mixed;
  std::vector<int64_t> colours, scenes, counts;
  std::vector<float> known;
  for (int64_t i = 0; i < batch; ++i) {
    FrameShowing shown = frame(static_cast<uint64_t>(number * batch + i), decoded);
    frames.push_back(shown.frame), objects.push_back(shown.object), masks.push_back(shown.mask), turns.push_back(shown.turn),
        mixed.push_back(shown.mixed);
    colours.push_back(shown.colour), scenes.push_back(shown.scene), counts.push_back(shown.count), known.push_back(shown.turn_known);
  }
  Tensor x = at::stack(frames);
  if (decoded) x = through_autoencoder(x.unsqueeze(2), mixed, seed).squeeze(2);
  return {varied(x, batch, seed), at::stack(objects), at::tensor(colours), at::tensor(scenes),
          at::tensor(counts),     at::stack(masks),   at::stack(turns),    at::tensor(known)};
}

ClipShowing Showings::clip(int64_t number) const {
  at::NoGradGuard no_grad;
  base::Rng rng(base::derive_seed({settings_.seed, 2, static_cast<uint64_t>(number)}));
  const data::ClipShape shape = clip_shape(rng.chance(.75) ? 2 : 1);
  world::Scenario s = singles_.scenario(static_cast<uint64_t>(number) + (uint64_t{1} << 40), shape);
  world::Rendered rendered = world::render(s, shape);
  Tensor frames = rendered.frames.permute({0, 3, 1, 2}).to(at::kFloat) / 255;
  int64_t motion = class_of(config_.motions, s.objects[0].motion), direction = static_cast<int64_t>(s.objects[0].direction);

  if (rng.chance(settings_.unmoved)) {
    motion = class_of(config_.motions, "");
    direction = 0;
    switch (rng.below(4)) {
      case 0:  // a still picture
        frames = frames[static_cast<int64_t>(rng.below(vision::looked_at))].unsqueeze(0).expand_as(frames);
        motion = class_of(config_.motions, "stands");
        break;
      case 1: {  // here and there without an order
        std::vector<int64_t> order;
        for (int64_t t = 0; t < vision::looked_at; ++t) order.push_back(static_cast<int64_t>(rng.below(vision::looked_at)));
        frames = frames.index_select(0, at::tensor(order));
        break;
      }
      default:
        Parts parts = take_apart(s, rendered.frames, rendered.subject_mask, shape);
        parts.layers = wobbling(parts.layers, rng);
        frames = put_together(parts);
    }
  }
  const uint64_t seed = base::derive_seed({settings_.seed, 4, static_cast<uint64_t>(number)});
  if (is_decoded(seed)) frames = through_autoencoder(frames.transpose(0, 1).unsqueeze(0), {}, seed).squeeze(0).transpose(0, 1);
  return {varied(frames, 1, seed), motion, direction};
}

bool Showings::is_decoded(uint64_t seed) const { return autoencoder_ != nullptr && base::Rng(seed).chance(settings_.decoded); }

Tensor Showings::through_autoencoder(const Tensor& frames, const std::vector<Tensor>& mixed, uint64_t seed) const {
  at::Generator generator = base::generator(seed);
  Tensor latents = autoencoder_->encode(frames * 2 - 1).to(at::kFloat);
  for (size_t i = 0; i < mixed.size(); ++i) {
    if (!mixed[i].defined()) continue;
    Tensor places = mixed[i].flatten().nonzero().flatten(), cells = latents[static_cast<int64_t>(i)].flatten(1);  // [C,h*w]
    Tensor other = places.index_select(0, at::randperm(places.size(0), generator, at::kLong));
    latents[static_cast<int64_t>(i)].copy_(cells.index_copy(1, places, cells.index_select(1, other)).view(latents[0].sizes()));
  }
  latents = latents + base::Rng(seed + 1).uniform(0, .35) * base::randn(latents.sizes(), generator);
  return (autoencoder_->decode(latents).to(at::kFloat) + 1) / 2;
}

}  // namespace zoetrope::evaluation
