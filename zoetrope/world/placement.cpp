#include "zoetrope/world/placement.h"

#include <algorithm>

#include "zoetrope/world/sprite.h"

namespace zoetrope::world {
namespace {

constexpr double longest_way_seconds = 3;  // who has more time goes slower, or it would leave the image

/// A range of positions; an empty one becomes its middle.
struct Range {
  double low, high;
  double span() const { return std::max(high - low, 0.0); }
  double draw(base::Rng& rng) const { return high > low ? rng.uniform(low, high) : (low + high) / 2; }
  Range shrunk(double by_low, double by_high) const { return {low + by_low, high - by_high}; }
};

/// The place that an object has for its motion.
struct PlacementContext {
  Outline outline;
  double left, right, floor;
  double seconds;
  base::Rng& rng;

  double top(const Object& o) const { return outline.top * o.size; }
  double standing(const Object& o) const { return floor - outline.bottom * o.size; }
  /// Where its centre of mass may be so that it stays inside; either way round, because of mirroring and turning.
  Range across(const Object& o) const { return Range{left, right}.shrunk(reach(o), reach(o)); }
  Range up(const Object& o) const { return {top(o) + .02, standing(o)}; }
  double way_seconds() const { return std::min(seconds, longest_way_seconds); }

 private:
  double reach(const Object& o) const { return std::max(outline.left, outline.right) * o.size; }
};

double sign_of(Direction direction) { return direction == Direction::left ? -1 : 1; }

/// A path of `distance` along x that stays in the room, and the speed that takes `seconds` for it.
void plan_path(Object& o, PlacementContext& context, double distance, double seconds) {
  const Range range = context.across(o);
  distance = std::min(distance, range.span());
  const double low_end = Range{range.low, range.high - distance}.draw(context.rng);
  o.x = sign_of(o.direction) > 0 ? low_end : low_end + distance;
  o.speed = sign_of(o.direction) * distance / seconds;
}

void fall(Object& o, PlacementContext& context) { o.y = std::max(o.y - context.rng.uniform(.32, .48), .9 * context.top(o)); }

/// From above and already on its way down, so that it is up again within a second.
void bounce(Object& o, PlacementContext& context) {
  o.y = std::max(o.y - context.rng.uniform(.2, .28), context.top(o));
  o.speed = -context.rng.uniform(.1, .3);
}

void roll(Object& o, PlacementContext& context) {
  o.y = context.floor - wheel_radius(context.outline) * o.size;
  plan_path(o, context, context.rng.uniform(.2, .3) * context.way_seconds(), context.seconds);
}

/// It slows down evenly, so the way is half of speed times time.
void slide(Object& o, PlacementContext& context) { plan_path(o, context, context.rng.uniform(.3, .42), slide_seconds / 2); }

void fly(Object& o, PlacementContext& context) {
  o.y = context.up(o).shrunk(.04, .15).draw(context.rng);
  plan_path(o, context, context.rng.uniform(.17, .27) * context.way_seconds(), context.seconds);
}

void hop(Object& o, PlacementContext& context) {
  plan_path(o, context, context.rng.uniform(.14, .22) * context.way_seconds(), context.seconds);
}

void walk(Object& o, PlacementContext& context) {
  plan_path(o, context, context.rng.uniform(.1, .17) * context.way_seconds(), context.seconds);
}

void rise(Object& o, PlacementContext& context) {
  const double way = std::min(context.rng.uniform(.14, .22) * context.way_seconds(), context.up(o).span());
  o.y = context.up(o).shrunk(way, 0).draw(context.rng);
  o.speed = way / context.seconds;
}

void spin(Object& o, PlacementContext& context) {
  o.y = context.up(o).draw(context.rng);
  o.speed = context.rng.uniform(.4, .7) * (context.rng.chance(.5) ? 1 : -1);
}

/// From about half of a middle size to one and a half, or back (`way` 1 or -1), with room for the largest.
void resize(Object& o, PlacementContext& context, double way) {
  const double change = context.rng.uniform(.4, .5), start = 1 - way * change;
  const double middle = std::min(o.size, .36);
  o.size = middle * (1 + change);
  o.x = context.across(o).draw(context.rng);
  o.y = context.up(o).draw(context.rng);
  o.size = middle * start;
  o.speed = 2 * way * change / start / context.seconds;
}

/// To and fro in the room there is, from anywhere and either way first.
void go_to_and_fro(Object& o, PlacementContext& context, double speed) {
  const Range range = context.across(o);
  o.low = range.low, o.high = range.low + range.span();
  o.speed = speed * (context.rng.chance(.5) ? 1 : -1);
}

void pace(Object& o, PlacementContext& context) { go_to_and_fro(o, context, context.rng.uniform(.13, .22)); }

void roam(Object& o, PlacementContext& context) {
  o.y = context.up(o).shrunk(.04, .15).draw(context.rng);
  go_to_and_fro(o, context, context.rng.uniform(.16, .28));
}

void jump(Object& o, PlacementContext& context) { o.speed = context.rng.uniform(.9, 1.3); }

void hover(Object& o, PlacementContext& context) {
  o.y = context.up(o).shrunk(.06, .12).draw(context.rng);
  o.speed = context.rng.uniform(.4, .65);
}

void swing(Object& o, PlacementContext& context) { o.speed = context.rng.uniform(.45, .75); }

/// With room for the largest.
void pulsate(Object& o, PlacementContext& context) {
  const double middle = std::min(o.size, .4);
  o.size = middle * (1 + pulse);
  o.x = context.across(o).draw(context.rng);
  o.y = context.up(o).draw(context.rng);
  o.size = middle;
  o.speed = context.rng.uniform(.25, .4);
}

/// It comes to lie beside where it stood: half of its base and half of its height away.
void topple(Object& o, PlacementContext& context) {
  const double reach = (topple_base + context.outline.bottom) * o.size;
  o.x = (o.direction == Direction::left ? context.across(o).shrunk(reach, 0) : context.across(o).shrunk(0, reach)).draw(context.rng);
}

void collide(Object& o, PlacementContext& context) { o.speed = sign_of(o.direction) * context.rng.uniform(.3, .4); }

const std::map<std::string, void (*)(Object&, PlacementContext&)> placers = {
    {"falls", fall},
    {"bounces", bounce},
    {"rolls", roll},
    {"slides", slide},
    {"flies", fly},
    {"floats", rise},
    {"spins", spin},
    {"grows", [](Object& o, PlacementContext& context) { resize(o, context, 1); }},
    {"shrinks", [](Object& o, PlacementContext& context) { resize(o, context, -1); }},
    {"hops", hop},
    {"walks", walk},
    {"topples", topple},
    {"collides", collide},
    {"paces", pace},
    {"roams", roam},
    {"jumps", jump},
    {"hovers", hover},
    {"swings", swing},
    {"pulses", pulsate},
};

/// Between `left` and `right`; what has no placer of its own stands on the ground.
void place(Object& o, const Scenario& s, double left, double right, base::Rng& rng) {
  const bool pans = s.camera.move == Camera::Move::left || s.camera.move == Camera::Move::right;
  const double lost = pans ? s.camera.amount / 4 : 0;  // half of what the camera leaves behind on either side
  PlacementContext context{sprite(o.name, o.colour)->outline(), left + lost, right - lost, s.ground * s.height, s.seconds, rng};
  o.x = context.across(o).draw(rng);
  o.y = context.standing(o);
  if (auto placer = placers.find(o.motion); placer != placers.end()) placer->second(o, context);
}

}  // namespace

void place_objects(Scenario& s, base::Rng& rng) {
  if (s.objects.size() == 1) return place(s.objects[0], s, 0, s.width, rng);

  const bool meet = s.objects[0].motion == "collides";
  const bool first_left = meet ? s.objects[0].direction == Direction::right : rng.chance(.5);
  for (size_t i = 0; i < 2; ++i) {
    s.objects[i].size *= .75;  // two share the room
    const bool on_left = (i == 0) == first_left;
    place(s.objects[i], s, on_left ? 0 : s.width * .45, on_left ? s.width * .55 : s.width, rng);
  }
  if (meet) {  // near enough for the second to be hit within a second and to stay in the image afterwards
    const double towards = first_left ? 1 : -1;
    s.objects[0].x = s.width / 2 - .3 * towards;
    s.objects[1].x = s.width / 2 + .12 * towards;
  }
}

}  // namespace zoetrope::world
