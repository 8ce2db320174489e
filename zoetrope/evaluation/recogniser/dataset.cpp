#include "zoetrope/evaluation/recogniser/dataset.h"

#include <algorithm>
#include <cmath>

#include "zoetrope/base/random.h"
#include "zoetrope/evaluation/recogniser/corrupt.h"
#include "zoetrope/world/render.h"

namespace zoetrope::evaluation {
namespace {

constexpr int64_t side = vision::input_size, cell = 8, ignore_index = -100;
constexpr double smallest_visible = .4;  // part of an object whose colour and turn must be recognised
constexpr double hidden = .1;            // part of an object that counts as none

world::Settings with(world::Settings settings, int max_objects, uint64_t seed) {
  settings.split = world::Split::all;
  settings.max_objects = max_objects;
  settings.seed = seed;
  settings.steered = 0;
  if (max_objects < 2) std::erase(settings.motions, "collides");
  return settings;
}

data::ClipShape clip_shape(double seconds) {
  return {vision::num_frames, side, side, {vision::num_frames - 1, static_cast<int64_t>(seconds)}};
}

/// cos and sin of `angle` in one, four and five turns (vision::FrameLogits).
Tensor rotation_of(double angle) {
  std::vector<float> rotation;
  for (double k : {1., 4., 5.})
    rotation.insert(rotation.end(), {static_cast<float>(std::cos(k * angle)), static_cast<float>(std::sin(k * angle))});
  return at::tensor(rotation);
}

/// Blurs by mixing with a 3x3 mean; frames [n,3,H,W].
Tensor softened(const Tensor& frames, double amount) {
  return frames + amount * (at::avg_pool2d(at::reflection_pad2d(frames, {1, 1, 1, 1}), {3, 3}, {1, 1}) - frames);
}

/// Slight changes of tone, focus and grain of frames [n,3,H,W]: tone for each of `each` frames by itself, or for all of a clip alike (1).
Tensor varied(const Tensor& frames, int64_t each, uint64_t seed) {
  base::Rng rng(seed + 2);
  at::Generator generator = base::generator(seed + 3);
  auto vary = [&](double low, double high) { return at::rand({each, 1, 1, 1}, generator) * (high - low) + low; };
  Tensor x = (frames - .5) * vary(.88, 1.12) + .5 + vary(-.06, .06);
  if (rng.chance(.6)) x = softened(x, rng.uniform(0, 1));
  return (x + rng.uniform(0, .03) * base::randn(x.sizes(), generator)).clamp(0, 1).contiguous();
}

}  // namespace

/// One frame and its targets.
struct RecogniserDataset::FrameExample {
  Tensor frame, object, mask, rotation;  // [3,H,W], [K+1], [h,w], [6]
  Tensor mixed;                          // [H/8,W/8] bool: cells whose latents change places, or undefined
  int64_t colour = ignore_index, scene, count;
  bool rotation_known = false;
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

RecogniserDataset::RecogniserDataset(RecogniserDatasetSettings settings, const autoencoder::VideoAutoencoder* autoencoder)
    : settings_(std::move(settings)),
      autoencoder_(autoencoder),
      config_(recogniser_of(settings_.world)),
      singles_(with(settings_.world, 1, settings_.seed)),
      pairs_(with(settings_.world, 2, settings_.seed + 1)) {}

RecogniserDataset::FrameExample RecogniserDataset::frame(uint64_t number, bool decoded) const {
  base::Rng rng(base::derive_seed({settings_.seed, 1, number}));
  const double kind = rng.uniform(0, 1);
  const bool empty = kind < settings_.empty, corrupted = !empty && kind < settings_.empty + settings_.corrupted;
  const bool mixed = corrupted && decoded && rng.chance(.5);
  const world::World& world = kind > 1 - settings_.pairs ? pairs_ : singles_;
  const data::ClipShape shape{1, side, side};
  world::Scenario s = world.scenario(number, shape);
  s.moment = rng.uniform(0, 1) * s.seconds;  // any moment of a clip
  if (empty) s.objects.clear();
  world::Rendered rendered = world::render(s, shape);

  FrameExample example;
  example.frame = rendered.frames[0].permute({2, 0, 1}).to(at::kFloat) / 255;
  Tensor cover = rendered.subject_mask[0].to(at::kFloat) / 255;
  example.scene = class_of(config_.scenes, s.scene);
  example.count = std::ssize(s.objects);
  example.object = at::zeros({std::ssize(config_.objects) + 1});
  example.rotation = at::zeros({6});
  if (corrupted && !mixed) {
    Parts parts = take_apart(s, rendered.frames, rendered.subject_mask, shape);
    parts.layers = corrupt(parts.layers[0], rng.pick(possible_corruptions(s.objects[0])), rng).unsqueeze(0);
    example.frame = put_together(parts)[0];
    cover = parts.layers[0][3];
  }
  example.mask = at::avg_pool2d(cover.unsqueeze(0), {2, 2})[0];
  if (mixed) example.mixed = at::avg_pool2d(cover.unsqueeze(0), {cell, cell})[0] > .1;
  if (corrupted || empty) {
    example.object[-1] = 1;
    return example;
  }
  const base::Json& facts = rendered.truth["objects"][0]["frames"][0];
  if (example.count == 1 && facts["visibility"].get<double>() < hidden) {
    example.object[-1] = 1;
    example.count = 0;
    return example;
  }
  for (const world::Object& o : s.objects) example.object[class_of(config_.objects, o.name)] += 1. / static_cast<double>(example.count);
  if (example.count == 1 && facts["visibility"].get<double>() > smallest_visible) {
    if (!s.objects[0].colour.empty()) example.colour = class_of(config_.colours, s.objects[0].colour);
    example.rotation = rotation_of(facts["angle"]);
    example.rotation_known = s.objects[0].name != "circle";
  }
  return example;
}

FrameBatch RecogniserDataset::frames(int64_t number, int64_t batch) const {
  at::NoGradGuard no_grad;
  const uint64_t seed = base::derive_seed({settings_.seed, 3, static_cast<uint64_t>(number)});
  const bool decoded = is_decoded(seed);
  std::vector<Tensor> frames, objects, masks, rotations, mixed;
  std::vector<int64_t> colours, scenes, counts;
  std::vector<float> known;
  for (int64_t i = 0; i < batch; ++i) {
    FrameExample example = frame(static_cast<uint64_t>(number * batch + i), decoded);
    frames.push_back(example.frame), objects.push_back(example.object), masks.push_back(example.mask),
        rotations.push_back(example.rotation), mixed.push_back(example.mixed);
    colours.push_back(example.colour), scenes.push_back(example.scene), counts.push_back(example.count),
        known.push_back(example.rotation_known);
  }
  Tensor x = at::stack(frames);
  if (decoded) x = through_autoencoder(x.unsqueeze(2), mixed, seed).squeeze(2);
  return {varied(x, batch, seed), at::stack(objects), at::tensor(colours),  at::tensor(scenes),
          at::tensor(counts),     at::stack(masks),   at::stack(rotations), at::tensor(known)};
}

ClipExample RecogniserDataset::clip(int64_t number) const {
  at::NoGradGuard no_grad;
  base::Rng rng(base::derive_seed({settings_.seed, 2, static_cast<uint64_t>(number)}));
  const data::ClipShape shape = clip_shape(rng.chance(.75) ? 2 : 1);
  world::Scenario s = singles_.scenario(static_cast<uint64_t>(number) + (uint64_t{1} << 40), shape);
  world::Rendered rendered = world::render(s, shape);
  Tensor frames = rendered.frames.permute({0, 3, 1, 2}).to(at::kFloat) / 255;
  int64_t motion = class_of(config_.motions, s.objects[0].motion), direction = static_cast<int64_t>(s.objects[0].direction);

  if (rng.chance(settings_.without_motion)) {
    motion = class_of(config_.motions, "");
    direction = 0;
    switch (rng.below(4)) {
      case 0:  // a still image
        frames = frames[static_cast<int64_t>(rng.below(vision::num_frames))].unsqueeze(0).expand_as(frames);
        motion = class_of(config_.motions, "stands");
        break;
      case 1: {  // frames in random order
        std::vector<int64_t> order;
        for (int64_t t = 0; t < vision::num_frames; ++t) order.push_back(static_cast<int64_t>(rng.below(vision::num_frames)));
        frames = frames.index_select(0, at::tensor(order));
        break;
      }
      default:
        Parts parts = take_apart(s, rendered.frames, rendered.subject_mask, shape);
        parts.layers = morphing_blob(parts.layers, rng);
        frames = put_together(parts);
    }
  }
  const uint64_t seed = base::derive_seed({settings_.seed, 4, static_cast<uint64_t>(number)});
  if (is_decoded(seed)) frames = through_autoencoder(frames.transpose(0, 1).unsqueeze(0), {}, seed).squeeze(0).transpose(0, 1);
  return {varied(frames, 1, seed), motion, direction};
}

bool RecogniserDataset::is_decoded(uint64_t seed) const { return autoencoder_ != nullptr && base::Rng(seed).chance(settings_.decoded); }

Tensor RecogniserDataset::through_autoencoder(const Tensor& frames, const std::vector<Tensor>& mixed, uint64_t seed) const {
  at::Generator generator = base::generator(seed);
  Tensor latents = autoencoder_->encode(frames * 2 - 1).to(at::kCPU, at::kFloat);
  for (size_t i = 0; i < mixed.size(); ++i) {
    if (!mixed[i].defined()) continue;
    Tensor places = mixed[i].flatten().nonzero().flatten(), cells = latents[static_cast<int64_t>(i)].flatten(1);  // [C,h*w]
    Tensor other = places.index_select(0, at::randperm(places.size(0), generator, at::kLong));
    latents[static_cast<int64_t>(i)].copy_(cells.index_copy(1, places, cells.index_select(1, other)).view(latents[0].sizes()));
  }
  latents = latents + base::Rng(seed + 1).uniform(0, .35) * base::randn(latents.sizes(), generator);
  return (autoencoder_->decode(latents).to(at::kCPU, at::kFloat) + 1) / 2;
}

}  // namespace zoetrope::evaluation
