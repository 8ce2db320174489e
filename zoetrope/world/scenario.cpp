#include "zoetrope/world/scenario.h"

#include <algorithm>
#include <cmath>

#include "zoetrope/base/error.h"
#include "zoetrope/world/placement.h"
#include "zoetrope/world/split.h"
#include "zoetrope/world/steering.h"
#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {
namespace {

constexpr double emoji_part = .7;                           // of the objects, where shapes are drawn as well
constexpr double night_part = .35, night_street_part = .6;  // a city at night has its own look
constexpr double camera_part = .25;
constexpr double still_seconds = 2;     // a single image is a moment of a clip that long
constexpr double shortest_seconds = 1;  // a shorter clip shows the beginning of one that long
constexpr double latest_begin = 70;     // of a clip whose motions last

/// A plain circle shows no turning, so nobody could tell whether it spins, rolls or slides; and two of a kind could not be told apart.
bool can_be_seen(const Scenario& s) {
  auto unclear = [](const Object& o) {
    return o.name == "circle" && (o.motion == "spins" || o.motion == "swings" || o.motion == "slides" || o.motion == "rolls");
  };
  if (std::any_of(s.objects.begin(), s.objects.end(), unclear)) return false;
  return s.objects.size() < 2 || s.objects[0].name != s.objects[1].name || s.objects[0].colour != s.objects[1].colour;
}

/// An object without a place; its motion is empty if it is steered. It faces where it goes, unless it tumbles.
Object draw_object(const Settings& settings, base::Rng& rng, const std::string& motion) {
  Object o;
  bool emoji = settings.shapes.empty() || (!settings.objects.empty() && rng.chance(emoji_part));
  o.name = rng.pick(emoji ? settings.objects : settings.shapes);
  if (!emoji) o.colour = rng.pick(settings.colours);
  o.motion = motion;
  if (const Motion* kind = find_motion(motion); kind && kind->directed) o.direction = rng.chance(.5) ? Direction::left : Direction::right;
  const bool tumbles = motion == "rolls" || motion == "topples";
  o.mirrored = !tumbles && is_mirrored(o, o.direction);
  o.size = rng.uniform(settings.smallest, settings.largest);
  o.phase = rng.uniform(0, 1);
  return o;
}

/// The list turned so that it begins with `first`, without those that `left_out` names; `first` is in it in any case.
template <class T, class Predicate>
std::vector<T> from(std::vector<T> list, const T& first, Predicate left_out) {
  std::rotate(list.begin(), std::find(list.begin(), list.end(), first), list.end());
  std::erase_if(list, [&](const T& item) { return item != first && left_out(item); });
  return list;
}

/// What the actions can lead to: other scenes for the object or other objects for the scene, so that no pair is shown that the split holds
/// back.
Steering draw_steering(const Settings& settings, const Scenario& s, base::Rng& rng) {
  const std::pair object{s.objects[0].name, s.objects[0].colour};
  if (rng.chance(.5)) {
    auto left_out = [&](const std::string& scene) {
      return settings.split != Split::all && held_out(object.first, object.second, scene) != (settings.split == Split::held_out);
    };
    return {{}, from(settings.scenes, s.scene, left_out), {object}};
  }
  std::vector<std::pair<std::string, std::string>> objects;
  for (const std::string& name : settings.objects) objects.emplace_back(name, "");
  for (const std::string& name : settings.shapes)
    for (const std::string& colour : settings.colours) objects.emplace_back(name, colour);
  auto left_out = [&](const std::pair<std::string, std::string>& o) {
    return settings.split != Split::all && held_out(o.first, o.second, s.scene) != (settings.split == Split::held_out);
  };
  return {{}, {s.scene}, from(objects, object, left_out)};
}

/// The names of things, without any places.
Scenario draw_content(const Settings& settings, base::Rng& rng) {
  Scenario s;
  s.scene = rng.pick(settings.scenes);
  const Scene& scene = *find_scene(s.scene);
  s.night = settings.night && scene.has_night && rng.chance(s.scene == "street" ? night_street_part : night_part);
  s.scene_seed = rng.next();
  s.ground = rng.uniform(scene.ground_high, scene.ground_low);

  if (settings.steered > 0 && rng.chance(settings.steered)) {
    s.objects = {draw_object(settings, rng, "")};
    s.steering = draw_steering(settings, s, rng);
    return s;
  }
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

bool lasts(const Object& o) { return !o.motion.empty() && find_motion(o.motion)->lasts; }

/// Something may pass behind a wall and come out again if it goes to and fro or is steered.
bool can_hide(const Scenario& s) {
  const std::string& motion = s.objects[0].motion;
  return s.objects.size() == 1 && (s.steering || motion == "paces" || motion == "roams");
}

}  // namespace

bool is_mirrored(const Object& object, Direction direction) {
  const Facing facing = object.colour.empty() ? find_emoji(object.name)->facing : Facing::front;
  return (facing == Facing::left && direction == Direction::right) || (facing == Facing::right && direction == Direction::left);
}

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
    if (std::all_of(s.objects.begin(), s.objects.end(), lasts)) s.begin = places.uniform(0, latest_begin);
    if (s.steering) s.steering->actions = random_actions(*s.steering, static_cast<size_t>(std::ceil(s.seconds / action_seconds)), places);
    if (settings.occluded > 0 && can_hide(s) && places.chance(settings.occluded))
      s.occluder = {places.uniform(.35, .65) * s.width, places.uniform(.28, .38), places.next()};
    return s;
  }
  throw base::Error(
      "the world settings allow no {} combination: none in {} attempts; ask for more objects, scenes or motions, or for the split \"all\"",
      settings.split == Split::held_out ? "held-out" : "training", attempts);
}

}  // namespace zoetrope::world
