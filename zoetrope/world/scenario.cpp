#include "zoetrope/world/scenario.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/world/dice.h"
#include "zoetrope/world/picture.h"
#include "zoetrope/world/split.h"
#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {
namespace {

constexpr double emoji_part = .7;  // of the objects, where shapes are drawn as well
constexpr double night_part = .35, night_street_part = .6;  // a city at night has its own look
constexpr double camera_part = .25;

/// A plain circle shows no turning, and one that slides is one that ought to roll.
bool can_be_seen(const Object& o) { return o.name != "circle" || (o.motion != "spins" && o.motion != "slides" && o.motion != "rolls"); }

Object draw_object(const Settings& settings, Dice& dice, const std::string& motion) {
  Object o;
  bool emoji = settings.shapes.empty() || (!settings.objects.empty() && dice.chance(emoji_part));
  o.name = dice.pick(emoji ? settings.objects : settings.shapes);
  if (!emoji) o.colour = dice.pick(settings.colours);
  o.motion = motion;
  if (find_motion(motion)->directed) o.direction = dice.chance(.5) ? Direction::left : Direction::right;
  Facing facing = emoji ? find_emoji(o.name)->facing : Facing::front;
  bool turns = motion == "rolls" || motion == "topples";  // a mirrored picture would not roll any better
  o.mirrored = !turns && ((facing == Facing::left && o.direction == Direction::right) || (facing == Facing::right && o.direction == Direction::left));
  o.size = dice.uniform(settings.smallest, settings.largest);
  o.phase = dice.uniform(0, 1);
  return o;
}

/// The names of things, without any places.
Scenario draw_content(const Settings& settings, Dice& dice) {
  Scenario s;
  s.scene = dice.pick(settings.scenes);
  const Scene& scene = *find_scene(s.scene);
  s.night = settings.night && scene.has_night && dice.chance(s.scene == "street" ? night_street_part : night_part);
  s.scene_seed = dice.next();
  s.ground = dice.uniform(scene.ground_high, scene.ground_low);

  size_t count = 1 + dice.below(settings.max_objects);
  std::string motion = dice.pick(settings.motions);
  if (find_motion(motion)->objects == 2) {
    s.objects = {draw_object(settings, dice, motion), draw_object(settings, dice, "stands")};
  } else {
    s.objects.push_back(draw_object(settings, dice, motion));
    for (std::string second = dice.pick(settings.motions); s.objects.size() < count; second = dice.pick(settings.motions))
      if (find_motion(second)->objects == 1) s.objects.push_back(draw_object(settings, dice, second));
  }

  if (settings.camera && !is_plain(scene) && dice.chance(camera_part)) {
    using enum Camera::Move;
    bool sized = motion == "grows" || motion == "shrinks";  // a zoom would hide or fake it
    s.camera.move = dice.pick(sized ? std::vector{left, right} : std::vector{left, right, in, out});
    s.camera.amount = s.camera.move == in || s.camera.move == out ? dice.uniform(.15, .25) : dice.uniform(.14, .22);
  }
  return s;
}

/// A range of positions; an empty one becomes its middle.
struct Room {
  double low, high;
  double span() const { return std::max(high - low, 0.0); }
  double draw(Dice& dice) const { return high > low ? dice.uniform(low, high) : (low + high) / 2; }
  Room shrunk(double by_low, double by_high) const { return {low + by_low, high - by_high}; }
};

/// Where the centre of mass may be so that the picture stays inside, between `left` and `right`.
Room room_across(const Object& o, const Outline& outline, double left, double right) {
  double reach = std::max(outline.left, outline.right) * o.size;  // either way, because of mirroring and turning
  return {left + reach, right - reach};
}

/// A path of `distance` along x that stays in the room, and the speed that takes `seconds` for it.
void lay_path(Object& o, Room room, double distance, double seconds, Dice& dice) {
  distance = std::min(distance, room.span());
  double sign = o.direction == Direction::left ? -1 : 1;
  double low_end = Room{room.low, room.high - distance}.draw(dice);
  o.x = sign > 0 ? low_end : low_end + distance;
  o.speed = sign * distance / seconds;
}

/// Chooses where the object starts and how fast it is, so that it stays in view for the scenario's time.
void place(Object& o, const Scenario& s, double left, double right, Dice& dice) {
  const Outline outline = picture(o.name, o.colour)->outline();
  const double pan = s.camera.move == Camera::Move::left || s.camera.move == Camera::Move::right ? s.camera.amount / 2 : 0;
  const double floor = s.ground * s.height, seconds = std::max(s.seconds, 1.0);
  const double top = outline.top * o.size, standing = floor - outline.bottom * o.size;
  Room across = room_across(o, outline, left, right).shrunk(pan / 2, pan / 2);
  Room up{top + .02, standing};

  o.x = across.draw(dice);
  o.y = standing;
  const std::string& motion = o.motion;
  if (motion == "falls") {
    o.y = std::max(standing - dice.uniform(.32, .48), .9 * top);
  } else if (motion == "bounces") {
    o.y = std::max(standing - dice.uniform(.2, .28), top);
    o.speed = -dice.uniform(.1, .3);
  } else if (motion == "rolls") {
    o.y = floor - wheel_radius(outline) * o.size;
    lay_path(o, across, dice.uniform(.2, .3) * std::min(seconds, 3.0), seconds, dice);
  } else if (motion == "slides") {
    lay_path(o, across, dice.uniform(.3, .42), slide_seconds / 2, dice);  // slows down evenly, so the way is half of speed times time
  } else if (motion == "flies") {
    o.y = up.shrunk(.04, .15).draw(dice);
    lay_path(o, across, dice.uniform(.17, .27) * std::min(seconds, 3.0), seconds, dice);
  } else if (motion == "floats") {
    double rise = std::min(dice.uniform(.14, .22) * std::min(seconds, 3.0), up.span());
    o.y = up.shrunk(rise, 0).draw(dice);
    o.speed = rise / seconds;
  } else if (motion == "spins") {
    o.y = up.draw(dice);
    o.speed = dice.uniform(.4, .7) * (dice.chance(.5) ? 1 : -1);
  } else if (motion == "grows" || motion == "shrinks") {
    const double change = dice.uniform(.4, .5), start = motion == "grows" ? 1 - change : 1 + change;  // of the middle size
    o.speed = (motion == "grows" ? 2 : -2) * change / start / seconds;
    o.size = std::min(o.size, .36) * start;
    Object largest = o;
    largest.size *= (1 + change) / start;
    o.x = room_across(largest, outline, left, right).shrunk(pan / 2, pan / 2).draw(dice);
    o.y = Room{outline.top * largest.size, std::min(floor, s.height) - outline.bottom * largest.size}.draw(dice);
  } else if (motion == "hops") {
    lay_path(o, across, dice.uniform(.14, .22) * std::min(seconds, 3.0), seconds, dice);
  } else if (motion == "topples") {
    const double reach = .3 * o.size;  // it comes to lie beside where it stood
    o.x = (o.direction == Direction::left ? across.shrunk(reach, 0) : across.shrunk(0, reach)).draw(dice);
  } else if (motion == "collides") {
    o.speed = (o.direction == Direction::left ? -1 : 1) * dice.uniform(.3, .4);
  }
}

void place_all(Scenario& s, Dice& dice) {
  if (s.objects.size() == 1) return place(s.objects[0], s, 0, s.width, dice);
  const bool first_left = s.objects[0].motion == "collides" ? s.objects[0].direction == Direction::right : dice.chance(.5);
  for (size_t i = 0; i < 2; ++i) {
    s.objects[i].size *= .75;  // two share the room
    const bool on_left = (i == 0) == first_left;
    place(s.objects[i], s, on_left ? 0 : s.width * .45, on_left ? s.width * .55 : s.width, dice);
  }
  if (s.objects[0].motion == "collides") {
    const double side = first_left ? 1 : -1;  // the way to the other one
    s.objects[0].x = s.width / 2 - .3 * side;
    s.objects[1].x = s.width / 2 + .12 * side;
  }
}

}  // namespace

Scenario draw(const Settings& settings, uint64_t seed, const data::ClipShape& shape) {
  constexpr int attempts = 2000;
  const double shorter = static_cast<double>(std::min(shape.width, shape.height));
  for (int attempt = 0; attempt < attempts; ++attempt) {
    Dice content(base::mix_seeds({settings.seed, seed, static_cast<uint64_t>(attempt), 1}));
    Scenario s = draw_content(settings, content);
    if (settings.split != Split::all && held_out(s) != (settings.split == Split::held_out)) continue;
    if (!std::all_of(s.objects.begin(), s.objects.end(), can_be_seen)) continue;

    s.width = static_cast<double>(shape.width) / shorter;
    s.height = static_cast<double>(shape.height) / shorter;
    s.still = shape.frames == 1;
    s.seconds = s.still ? 2 : static_cast<double>(shape.frames - 1) / shape.fps.value();
    Dice places(base::mix_seeds({settings.seed, seed, 2}));
    s.moment = places.uniform(.2, .8) * s.seconds;
    place_all(s, places);
    return s;
  }
  throw base::Error("the world settings allow no {} combination: none in {} attempts; ask for more objects, scenes or motions, or for the split \"all\"",
                    settings.split == Split::held_out ? "held-out" : "training", attempts);
}

}  // namespace zoetrope::world
