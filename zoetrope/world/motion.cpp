#include "zoetrope/world/motion.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace zoetrope::world {
namespace {

constexpr double turn = 2 * std::numbers::pi;
constexpr double hop_seconds = .5, hop_height = .1;
constexpr double two_steps_seconds = .7, step_height = .015, step_angle = .12;
constexpr double jump_height = .13, hover_height = .05, swing_angle = .35;

/// Sways from one foot to the other, and leans over the one that stands.
void step(Pose& p, double time) {
  const double side = std::sin(turn * time / two_steps_seconds);
  p.y -= step_height * std::abs(side);
  p.angle = step_angle * side;
}

/// The height over the ground after `part` (0..1) of a throw: a parabola, as thrown things fly.
double thrown(double height, double part) { return 4 * height * part * (1 - part); }

/// Goes between the object's ends and turns round at each.
void go_to_and_fro(Pose& p, const Object& o, double time) {
  const double span = std::max(o.high - o.low, 1e-6);
  double along = std::fmod(o.x - o.low + o.speed * time, 2 * span);
  if (along < 0) along += 2 * span;
  const bool back = along > span;
  p.x = o.low + (back ? 2 * span - along : along);
  p.mirrored = is_mirrored(o, back == (o.speed > 0) ? Direction::left : Direction::right);
}

/// Where an object that Box2D does not move is at `time`; the formulas of flight, growth and the rest.
Pose scripted(const Object& o, double seconds, double time) {
  Pose p{o.x, o.y, o.size, 0, o.mirrored};
  const double wave = std::sin(turn * (time / 1.6 + o.phase)) - std::sin(turn * o.phase), again = std::sin(turn * o.speed * time);
  if (o.motion == "flies") {
    p.x += o.speed * time;
    p.y += .025 * wave;
  } else if (o.motion == "floats") {
    p.x += .02 * wave;
    p.y -= o.speed * time;
    p.angle = .08 * wave;
  } else if (o.motion == "spins") {
    p.angle = turn * o.speed * time;
  } else if (o.motion == "grows" || o.motion == "shrinks") {
    p.size *= 1 + o.speed * std::min(time, seconds);
  } else if (o.motion == "hops") {
    p.x += o.speed * time;
    p.y -= thrown(hop_height, std::fmod(time, hop_seconds) / hop_seconds);
  } else if (o.motion == "walks") {
    p.x += o.speed * time;
    step(p, time);
  } else if (o.motion == "paces") {
    go_to_and_fro(p, o, time);
    step(p, time);
  } else if (o.motion == "roams") {
    go_to_and_fro(p, o, time);
    p.y += .025 * wave;
  } else if (o.motion == "jumps") {
    p.y -= thrown(jump_height, std::fmod(o.speed * time, 1));
  } else if (o.motion == "hovers") {
    p.y -= hover_height * again;
  } else if (o.motion == "swings") {
    p.angle = swing_angle * again;
  } else if (o.motion == "pulses") {
    p.size *= 1 + pulse * again;
  }
  return p;
}

}  // namespace

bool is_simulated(const std::string& motion) {
  return motion == "falls" || motion == "bounces" || motion == "rolls" || motion == "slides" || motion == "topples" || motion == "collides";
}

std::vector<std::vector<Pose>> move(const Scenario& scenario, const std::vector<double>& times) {
  std::vector<std::vector<Pose>> poses(times.size());
  for (size_t i = 0; i < times.size(); ++i)
    for (const Object& o : scenario.objects) poses[i].push_back(scripted(o, scenario.seconds, times[i]));
  const auto& objects = scenario.objects;
  if (std::any_of(objects.begin(), objects.end(), [](const Object& o) { return is_simulated(o.motion); })) simulate(scenario, times, poses);
  return poses;
}

}  // namespace zoetrope::world
