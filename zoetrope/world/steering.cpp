#include "zoetrope/world/steering.h"

#include <algorithm>
#include <cmath>

#include "zoetrope/world/sprite.h"
#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {
namespace {

constexpr double tick_seconds = 1.0 / 240;
constexpr double walking_speed = .34, walking_force = 1.6;  // units a second, and a second squared
constexpr double jump_speed = .5, drop_speed = .8;
constexpr double growth = .8;  // of the logarithm of the size, a second
constexpr double smallest = .15, largest = .5;

/// What moves a steered object.
class Puppet {
 public:
  explicit Puppet(const Scenario& s) : scenario_(s), state_{{s.objects[0].x, s.objects[0].y, s.objects[0].size, 0, s.objects[0].mirrored}} {
    show(0);
  }

  const SteeredState& state() const { return state_; }

  /// What an action does at once.
  void begin(Action action) {
    const Steering& steering = *scenario_.steering;
    if (action == Action::jump) down_ = -jump_speed;
    if (action == Action::drop) down_ = std::max(down_, drop_speed);
    if (action == Action::next_scene) state_.scene = (state_.scene + 1) % steering.scenes.size();
    if (action == Action::next_object) show((state_.object + 1) % steering.objects.size());
  }

  void step(Action action) {
    Pose& p = state_.pose;
    const double wanted = action == Action::left ? -walking_speed : action == Action::right ? walking_speed : 0;
    along_ += std::clamp(wanted - along_, -walking_force * tick_seconds, walking_force * tick_seconds);
    down_ += gravity * tick_seconds;
    if (action == Action::grow) p.size = std::min(p.size * std::exp(growth * tick_seconds), std::max(largest, p.size));
    if (action == Action::shrink) p.size = std::max(p.size * std::exp(-growth * tick_seconds), std::min(smallest, p.size));
    p.x += along_ * tick_seconds;
    p.y += down_ * tick_seconds;
    stay_inside();
    if (wanted != 0) p.mirrored = is_mirrored(object_, wanted < 0 ? Direction::left : Direction::right);
  }

 private:
  void show(size_t object) {
    state_.object = object;
    object_ = shown_object(scenario_, object);
    outline_ = sprite(object_.name, object_.colour)->outline();
  }

  /// Where the ground is in the scene that is seen: as far towards the viewer as in the first one.
  double ground() const {
    const Scene &first = *find_scene(scenario_.scene), &now = *find_scene(scenario_.steering->scenes[state_.scene]);
    const double nearness = (scenario_.ground - first.ground_high) / (first.ground_low - first.ground_high);
    return (now.ground_high + nearness * (now.ground_low - now.ground_high)) * scenario_.height;
  }

  void stay_inside() {
    Pose& p = state_.pose;
    const double reach = std::min(std::max(outline_.left, outline_.right) * p.size, scenario_.width / 2);
    if (p.x < reach || p.x > scenario_.width - reach) along_ = 0;
    p.x = std::clamp(p.x, reach, scenario_.width - reach);
    const double standing = ground() - outline_.bottom * p.size, highest = std::min(outline_.top * p.size, standing);
    if (p.y > standing || p.y < highest) down_ = 0;
    p.y = std::clamp(p.y, highest, standing);
  }

  const Scenario& scenario_;
  SteeredState state_;
  Object object_;  // that is shown
  Outline outline_;
  double along_ = 0, down_ = 0;  // speeds
};

}  // namespace

Object shown_object(const Scenario& scenario, size_t object) {
  Object o = scenario.objects[0];
  std::tie(o.name, o.colour) = scenario.steering->objects[object];
  return o;
}

std::vector<SteeredState> steer(const Scenario& scenario, const std::vector<double>& times) {
  const std::vector<Action>& actions = scenario.steering->actions;
  constexpr auto ticks_per_action = static_cast<int64_t>(action_seconds / tick_seconds + .5);
  Puppet puppet(scenario);
  std::vector<SteeredState> states;
  int64_t steps = 0;
  for (double time : times) {
    for (const int64_t end = std::llround(time / tick_seconds); steps < end; ++steps) {
      const size_t ruling = static_cast<size_t>(steps / ticks_per_action);
      const Action action = ruling < actions.size() ? actions[ruling] : Action::none;
      if (steps % ticks_per_action == 0) puppet.begin(action);
      puppet.step(action);
    }
    states.push_back(puppet.state());
  }
  return states;
}

Action action_at(const Steering& steering, double time) {
  const auto ruling = static_cast<int64_t>(std::ceil(time / action_seconds - 1e-6)) - 1;
  return ruling >= 0 && ruling < std::ssize(steering.actions) ? steering.actions[ruling] : Action::none;
}

std::vector<Action> random_actions(const Steering& steering, size_t count, base::Rng& rng) {
  using enum Action;
  constexpr double change_part = .06;  // of the decisions
  const std::vector<Action> choices = {none, none, left, left, right, right, jump, jump, drop, grow, shrink};
  std::vector<Action> actions;
  while (actions.size() < count) {
    if (rng.chance(change_part) && steering.scenes.size() + steering.objects.size() > 2) {
      actions.push_back(steering.scenes.size() > 1 ? next_scene : next_object);
      continue;
    }
    const Action chosen = rng.pick(choices);
    const size_t kept = chosen == drop ? 1 : 1 + rng.below(chosen == left || chosen == right || chosen == none ? 5 : 2);
    actions.insert(actions.end(), kept, chosen);
  }
  actions.resize(count);
  return actions;
}

}  // namespace zoetrope::world
