#include "zoetrope/world/placement.h"

#include <algorithm>

#include "zoetrope/world/picture.h"

namespace zoetrope::world {
namespace {

constexpr double longest_way_seconds = 3;  // who has more time goes slower, or it would leave the picture

/// A range of positions; an empty one becomes its middle.
struct Room {
  double low, high;
  double span() const { return std::max(high - low, 0.0); }
  double draw(base::Rng& rng) const { return high > low ? rng.uniform(low, high) : (low + high) / 2; }
  Room shrunk(double by_low, double by_high) const { return {low + by_low, high - by_high}; }
};

/// The place that an object has for its motion.
struct Site {
  Outline outline;
  double left, right, floor;
  double seconds;
  base::Rng& rng;

  double top(const Object& o) const { return outline.top * o.size; }
  double standing(const Object& o) const { return floor - outline.bottom * o.size; }
  /// Where its centre of mass may be so that it stays inside; either way round, because of mirroring and turning.
  Room across(const Object& o) const { return Room{left, right}.shrunk(reach(o), reach(o)); }
  Room up(const Object& o) const { return {top(o) + .02, standing(o)}; }
  double way_seconds() const { return std::min(seconds, longest_way_seconds); }

 private:
  double reach(const Object& o) const { return std::max(outline.left, outline.right) * o.size; }
};

double sign_of(Direction direction) { return direction == Direction::left ? -1 : 1; }

/// A path of `distance` along x that stays in the room, and the speed that takes `seconds` for it.
void lay_path(Object& o, Site& site, double distance, double seconds) {
  const Room room = site.across(o);
  distance = std::min(distance, room.span());
  const double low_end = Room{room.low, room.high - distance}.draw(site.rng);
  o.x = sign_of(o.direction) > 0 ? low_end : low_end + distance;
  o.speed = sign_of(o.direction) * distance / seconds;
}

void fall(Object& o, Site& site) { o.y = std::max(o.y - site.rng.uniform(.32, .48), .9 * site.top(o)); }

/// From above and already on its way down, so that it is up again within a second.
void bounce(Object& o, Site& site) {
  o.y = std::max(o.y - site.rng.uniform(.2, .28), site.top(o));
  o.speed = -site.rng.uniform(.1, .3);
}

void roll(Object& o, Site& site) {
  o.y = site.floor - wheel_radius(site.outline) * o.size;
  lay_path(o, site, site.rng.uniform(.2, .3) * site.way_seconds(), site.seconds);
}

/// It slows down evenly, so the way is half of speed times time.
void slide(Object& o, Site& site) { lay_path(o, site, site.rng.uniform(.3, .42), slide_seconds / 2); }

void fly(Object& o, Site& site) {
  o.y = site.up(o).shrunk(.04, .15).draw(site.rng);
  lay_path(o, site, site.rng.uniform(.17, .27) * site.way_seconds(), site.seconds);
}

void hop(Object& o, Site& site) { lay_path(o, site, site.rng.uniform(.14, .22) * site.way_seconds(), site.seconds); }

void walk(Object& o, Site& site) { lay_path(o, site, site.rng.uniform(.1, .17) * site.way_seconds(), site.seconds); }

void rise(Object& o, Site& site) {
  const double way = std::min(site.rng.uniform(.14, .22) * site.way_seconds(), site.up(o).span());
  o.y = site.up(o).shrunk(way, 0).draw(site.rng);
  o.speed = way / site.seconds;
}

void spin(Object& o, Site& site) {
  o.y = site.up(o).draw(site.rng);
  o.speed = site.rng.uniform(.4, .7) * (site.rng.chance(.5) ? 1 : -1);
}

/// From about half of a middle size to one and a half, or back (`way` 1 or -1), with room for the largest.
void resize(Object& o, Site& site, double way) {
  const double change = site.rng.uniform(.4, .5), start = 1 - way * change;
  const double middle = std::min(o.size, .36);
  o.size = middle * (1 + change);
  o.x = site.across(o).draw(site.rng);
  o.y = site.up(o).draw(site.rng);
  o.size = middle * start;
  o.speed = 2 * way * change / start / site.seconds;
}

/// It comes to lie beside where it stood: half of its base and half of its height away.
void topple(Object& o, Site& site) {
  const double reach = (topple_base + site.outline.bottom) * o.size;
  o.x = (o.direction == Direction::left ? site.across(o).shrunk(reach, 0) : site.across(o).shrunk(0, reach)).draw(site.rng);
}

void collide(Object& o, Site& site) { o.speed = sign_of(o.direction) * site.rng.uniform(.3, .4); }

const std::map<std::string, void (*)(Object&, Site&)> placers = {
    {"falls", fall},
    {"bounces", bounce},
    {"rolls", roll},
    {"slides", slide},
    {"flies", fly},
    {"floats", rise},
    {"spins", spin},
    {"grows", [](Object& o, Site& site) { resize(o, site, 1); }},
    {"shrinks", [](Object& o, Site& site) { resize(o, site, -1); }},
    {"hops", hop},
    {"walks", walk},
    {"topples", topple},
    {"collides", collide},
};

/// Between `left` and `right`; what has no placer of its own stands on the ground.
void place(Object& o, const Scenario& s, double left, double right, base::Rng& rng) {
  const bool pans = s.camera.move == Camera::Move::left || s.camera.move == Camera::Move::right;
  const double lost = pans ? s.camera.amount / 4 : 0;  // half of what the camera leaves behind on either side
  Site site{picture(o.name, o.colour)->outline(), left + lost, right - lost, s.ground * s.height, s.seconds, rng};
  o.x = site.across(o).draw(rng);
  o.y = site.standing(o);
  if (auto placer = placers.find(o.motion); placer != placers.end()) placer->second(o, site);
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
  if (meet) {  // near enough for the second to be hit within a second and to stay in the picture afterwards
    const double towards = first_left ? 1 : -1;
    s.objects[0].x = s.width / 2 - .3 * towards;
    s.objects[1].x = s.width / 2 + .12 * towards;
  }
}

}  // namespace zoetrope::world
