#include "zoetrope/world/scenario.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/world/placement.h"
#include "zoetrope/world/split.h"
#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {
namespace {

constexpr double emoji_part = .7;                           // of the objects, where shapes are drawn as well
constexpr double night_part = .35, night_street_part = .6;  // a city at night has its own look
constexpr double camera_part = .25;
constexpr double still_seconds = 2;     // a single image is a moment of a clip that long
constexpr double shortest_seconds = 1;  // a shorter clip shows the beginning of one that long

/// A plain circle shows no turning, so nobody could tell whether it spins, rolls or slides; and two of a kind could not be told apart.
bool can_be_seen(const Scenario& s) {
  auto unclear = [](const Object& o) { return o.name == "circle" && (o.motion == "spins" || o.motion == "slides" || o.motion == "rolls"); };
  if (std::any_of(s.objects.begin(), s.objects.end(), unclear)) return false;
  return s.objects.size() < 2 || s.objects[0].name != s.objects[1].name || s.objects[0].colour != s.objects[1].colour;
}

/// An object without a place. One whose image looks aside is mirrored to face where it goes, unless it tumbles.
Object draw_object(const Settings& settings, base::Rng& rng, const std::string& motion) {
  Object o;
  bool emoji = settings.shapes.empty() || (!settings.objects.empty() && rng.chance(emoji_part));
  o.name = rng.pick(emoji ? settings.objects : settings.shapes);
  if (!emoji) o.colour = rng.pick(settings.colours);
  o.motion = motion;
  if (find_motion(motion)->directed) o.direction = rng.chance(.5) ? Direction::left : Direction::right;
  Facing facing = emoji ? find_emoji(o.name)->facing : Facing::front;
  const bool tumbles = motion == "rolls" || motion == "topples";
  o.mirrored = !tumbles &&
               ((facing == Facing::left && o.direction == Direction::right) || (facing == Facing::right && o.direction == Direction::left));
  o.size = rng.uniform(settings.smallest, settings.largest);
  o.phase = rng.uniform(0, 1);
  return o;
}

/// The names of things, without any places.
Scenario draw_content(const Settings& settings, base::Rng& rng) {
  Scenario s;
  s.scene = rng.pick(settings.scenes);
  const Scene& scene = *find_scene(s.scene);
  s.night = settings.night && scene.has_night && rng.chance(s.scene == "street" ? night_street_part : night_part);
  s.scene_seed = rng.next();
  s.ground = rng.uniform(scene.ground_high, scene.ground_low);

  size_t count = 1 + rng.below(settings.max_objects);
  std::string motion = rng.pick(settings.motions);
  if (find_motion(motion)->objects == 2) {
    s.objects = {draw_object(settings, rng, motion), draw_object(settings, rng, "stands")};
  } else {
    s.objects.push_back(draw_object(settings, rng, motion));
    for (std::string second = rng.pick(settings.motions); s.objects.size() < count; second = rng.pick(settings.motions))
      if (find_motion(second)->objects == 1) s.objects.push_back(draw_object(settings, rng, second));
  }

  if (settings.camera && !is_plain(scene) && rng.chance(camera_part)) {
    using enum Camera::Move;
    const bool sized = motion == "grows" || motion == "shrinks";  // a zoom would hide or fake it
    s.camera.move = rng.pick(sized ? std::vector{left, right} : std::vector{left, right, in, out});
    s.camera.amount = s.camera.move == in || s.camera.move == out ? rng.uniform(.15, .25) : rng.uniform(.14, .22);
  }
  return s;
}

}  // namespace

Scenario draw(const Settings& settings, uint64_t seed, const data::ClipShape& shape) {
  constexpr int attempts = 2000;
  const double shorter = static_cast<double>(std::min(shape.width, shape.height));
  for (int attempt = 0; attempt < attempts; ++attempt) {
    base::Rng content(base::derive_seed({settings.seed, seed, static_cast<uint64_t>(attempt), 1}));
    Scenario s = draw_content(settings, content);
    if (settings.split != Split::all && held_out(s) != (settings.split == Split::held_out)) continue;
    if (!can_be_seen(s)) continue;

    s.width = static_cast<double>(shape.width) / shorter;
    s.height = static_cast<double>(shape.height) / shorter;
    s.still = shape.frames == 1;
    s.seconds = s.still ? still_seconds : std::max(static_cast<double>(shape.frames - 1) / shape.fps.value(), shortest_seconds);
    base::Rng places(base::derive_seed({settings.seed, seed, 2}));
    s.moment = places.uniform(.2, .8) * s.seconds;
    place_objects(s, places);
    return s;
  }
  throw base::Error(
      "the world settings allow no {} combination: none in {} attempts; ask for more objects, scenes or motions, or for the split \"all\"",
      settings.split == Split::held_out ? "held-out" : "training", attempts);
}

}  // namespace zoetrope::world
