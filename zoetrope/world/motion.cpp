#include "zoetrope/world/motion.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace zoetrope::world {
namespace {

constexpr double turn = 2 * std::numbers::pi;
constexpr double hop_seconds = .5, hop_height = .1;
constexpr double two_steps_seconds = .7, step_height = .015, step_angle = .12;

/// Where an object that Box2D does not move is at `time`; the formulas of flight, growth and the rest.
Pose scripted(const Object& o, double seconds, double time) {
  Pose p{o.x, o.y, o.size, 0};
  const double wave = std::sin(turn * (time / 1.6 + o.phase)) - std::sin(turn * o.phase);
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
    const double part = std::fmod(time, hop_seconds) / hop_seconds;
    p.x += o.speed * time;
    p.y -= 4 * hop_height * part * (1 - part);  // a parabola, as thrown things fly
  } else if (o.motion == "walks") {
    const double step = std::sin(turn * time / two_steps_seconds);  // from one foot to the other, leaning over the one that stands
    p.x += o.speed * time;
    p.y -= step_height * std::abs(step);
    p.angle = step_angle * step;
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
