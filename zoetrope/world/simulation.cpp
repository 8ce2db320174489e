#include <algorithm>
#include <cmath>

#include <box2d/box2d.h>

#include "zoetrope/world/motion.h"
#include "zoetrope/world/sprite.h"

namespace zoetrope::world {
namespace {

constexpr double metres = 12;  // a unit in Box2D's metres: it is made for things between a tenth of a metre and ten metres
constexpr double step_seconds = 1.0 / 120;

b2Vec2 in_metres(double x, double y) { return {static_cast<float>(x * metres), static_cast<float>(y * metres)}; }

/// How an object meets the ground and others. Box2D mixes frictions by their geometric mean; the ground has 1.
struct Matter {
  double friction = .5, restitution = 0;
  bool turns = false;
};

Matter matter(const Object& o, bool together) {
  if (together) return {.12, .5};
  if (o.motion == "falls") return {.5, .12};
  if (o.motion == "bounces") return {.5, .88};
  if (o.motion == "slides") return {std::abs(o.speed) / (gravity * slide_seconds), 0};  // Coulomb: the speed falls by friction * g a second
  if (o.motion == "rolls") return {.9, 0, true};
  if (o.motion == "topples") return {.9, 0, true};
  return {};
}

/// The box around the image, seen from the centre of mass; what topples stands on a narrow base.
struct Box {
  double half_width, half_height, x, y;
};

Box box(const Object& o) {
  Outline outline = sprite(o.name, o.colour)->outline();
  if (o.mirrored) std::swap(outline.left, outline.right);
  if (o.motion == "topples") outline.left = outline.right = topple_base;
  return {(outline.left + outline.right) / 2 * o.size, (outline.top + outline.bottom) / 2 * o.size,
          (outline.right - outline.left) / 2 * o.size, (outline.bottom - outline.top) / 2 * o.size};
}

/// Turns around the corner of its base, a third faster than it takes to lift the centre of mass over that corner.
void push_over(b2Body& body, const Object& o) {
  const Box b = box(o);
  const double corner = std::hypot(b.half_width, b.half_height), inertia = 4.0 / 3 * corner * corner;  // per mass, around the corner
  const double spin = 1.33 * std::sqrt(2 * gravity * (corner - b.half_height) / inertia), side = o.direction == Direction::left ? -1 : 1;
  body.SetAngularVelocity(static_cast<float>(side * spin));
  body.SetLinearVelocity(in_metres(side * spin * b.half_height, -spin * b.half_width));
}

b2Body* add(b2World& world, const Object& o, bool together) {
  const Matter m = matter(o, together);
  b2BodyDef definition;
  definition.type = b2_dynamicBody;
  definition.position = in_metres(o.x, o.y);
  definition.fixedRotation = !m.turns;
  definition.allowSleep = false;
  if (o.motion == "bounces") definition.linearVelocity = in_metres(0, -o.speed);
  if (o.motion == "rolls" || o.motion == "slides" || o.motion == "collides") definition.linearVelocity = in_metres(o.speed, 0);
  b2Body* body = world.CreateBody(&definition);

  b2CircleShape wheel;
  b2PolygonShape polygon;
  const double radius = wheel_radius(sprite(o.name, o.colour)->outline()) * o.size;
  wheel.m_radius = static_cast<float>(radius * metres);
  const Box b = box(o);
  polygon.SetAsBox(static_cast<float>(b.half_width * metres), static_cast<float>(b.half_height * metres), in_metres(b.x, b.y), 0);

  b2FixtureDef fixture;
  fixture.shape = o.motion == "rolls" ? static_cast<b2Shape*>(&wheel) : &polygon;
  fixture.density = 1;
  fixture.friction = static_cast<float>(m.friction * m.friction);
  fixture.restitution = static_cast<float>(m.restitution);
  fixture.filter.groupIndex = together ? 1 : -1;  // objects meet only where the motion is about that
  body->CreateFixture(&fixture);

  if (o.motion == "rolls") body->SetAngularVelocity(static_cast<float>(o.speed / radius));  // without slipping from the start
  if (o.motion == "topples") push_over(*body, o);
  return body;
}

void add_ground(b2World& world, double y) {
  b2PolygonShape slab;
  slab.SetAsBox(in_metres(100, 0).x, in_metres(1, 0).x, in_metres(0, y + 1), 0);
  b2FixtureDef fixture;
  fixture.shape = &slab;
  fixture.friction = 1;
  b2BodyDef definition;
  world.CreateBody(&definition)->CreateFixture(&fixture);
}

/// Box2D fills a table of contact types at its first contact, without a lock: so the first one happens here, once.
void prepare_box2d() {
  static const bool ready = [] {
    b2World world({0, 1});
    add_ground(world, 0);
    b2BodyDef definition;
    definition.type = b2_dynamicBody;
    b2CircleShape wheel;
    wheel.m_radius = 1;
    world.CreateBody(&definition)->CreateFixture(&wheel, 1);
    world.Step(static_cast<float>(step_seconds), 8, 3);
    return true;
  }();
  (void)ready;
}

Pose pose_of(const b2Body& body, const Object& o) {
  return {body.GetPosition().x / metres, body.GetPosition().y / metres, o.size, body.GetAngle(), o.mirrored};
}

Pose between(const Pose& a, const Pose& b, double part) {
  return {a.x + (b.x - a.x) * part, a.y + (b.y - a.y) * part, a.size, a.angle + (b.angle - a.angle) * part, a.mirrored};
}

}  // namespace

void simulate(const Scenario& scenario, const std::vector<double>& times, std::vector<std::vector<Pose>>& poses) {
  prepare_box2d();
  const auto& objects = scenario.objects;
  const bool together = std::any_of(objects.begin(), objects.end(), [](const Object& o) { return o.motion == "collides"; });

  b2World world(in_metres(0, gravity));
  add_ground(world, scenario.ground * scenario.height);
  std::vector<b2Body*> bodies;
  for (const Object& o : objects) bodies.push_back(together || is_simulated(o.motion) ? add(world, o, together) : nullptr);

  std::vector<Pose> before(objects.size()), now(objects.size());
  auto look = [&] {
    for (size_t i = 0; i < objects.size(); ++i)
      if (bodies[i]) before[i] = now[i], now[i] = pose_of(*bodies[i], objects[i]);
  };
  look();
  before = now;
  int64_t steps = 0;
  for (size_t t = 0; t < times.size(); ++t) {
    for (; static_cast<double>(steps) * step_seconds < times[t]; ++steps) world.Step(static_cast<float>(step_seconds), 8, 3), look();
    const double part = 1 - (static_cast<double>(steps) - times[t] / step_seconds);  // 1 at the latest step
    for (size_t i = 0; i < objects.size(); ++i)
      if (bodies[i]) poses[t][i] = between(before[i], now[i], part);
  }
}

}  // namespace zoetrope::world
