#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "zoetrope/data/dataset.h"
#include "zoetrope/world/action.h"
#include "zoetrope/world/settings.h"

namespace zoetrope::world {

// Lengths are in units of the image's shorter side, y points down, angles are in radians clockwise, times in seconds.

/// How fast everything falls. An image's shorter side is then a little more than 12 metres: motion stays gentle enough for a
/// compression of four frames into one.
constexpr double gravity = .8;
/// After this time friction has stopped what slides.
constexpr double slide_seconds = 1.5;
/// Half of the base on which something stands before it topples, as a part of its size.
constexpr double topple_base = .25;
/// How much larger and smaller than its size a thing that pulses becomes.
constexpr double pulse = .3;

enum class Direction { none, left, right };

/// One object and all that decides its motion.
struct Object {
  std::string name;    // of an emoji or a shape
  std::string colour;  // of a shape; empty for an emoji
  std::string motion;  // empty if it is steered
  Direction direction = Direction::none;
  double size = .33;    // longest side of the image
  double x = 0, y = 0;  // where its centre of mass starts
  double speed = 0;     // along x; upwards for "floats" and (negative: downwards) "bounces"; turns a second for "spins"; part of the size a
                        // second for "grows"; times a second for what is done again and again on the spot
  double low = 0, high = 0;  // how far along x it goes to and fro
  double phase = 0;          // of what swings, 0..1
  bool mirrored = false;
};

/// Whether the image of an object that moves in `direction` is mirrored to face where it goes.
bool is_mirrored(const Object& object, Direction direction);

struct Camera {
  enum class Move { still, left, right, in, out } move = Move::still;
  double amount = 0;  // how far a pan goes in all, or how much a zoom magnifies (.2 for 1.2)
};

/// A wall in front of everything, from the ground's near side to the sky.
struct Occluder {
  double x = .5, width = .3;  // its middle
  uint64_t seed = 0;          // varies the painting
};

/// What steers a scenario's only object, and what it and its scene can become.
struct Steering {
  /// One for each `action_seconds` from the clip's beginning on.
  std::vector<Action> actions;
  /// What is next after what: the names of scenes; names and colours of objects. The first ones are the scenario's own.
  std::vector<std::string> scenes;
  std::vector<std::pair<std::string, std::string>> objects;
};

/// Everything that is drawn at random before anything is painted.
struct Scenario {
  std::string scene;
  bool night = false;
  uint64_t scene_seed = 0;  // varies the painting
  double ground = .85;      // where things stand
  Camera camera;
  std::vector<Object> objects;
  std::optional<Occluder> occluder;
  std::optional<Steering> steering;
  double width = 1, height = 1;  // of the image, one of them is 1
  double seconds = 2;            // the time for which the motion is laid out
  double begin = 0;              // when the clip begins; later than 0 only where all motions last
  bool still = false;            // asked for as a single image
  double moment = 1;             // the time after `begin` that a single image shows
};

/// Draws a scenario of the part of the world and the split that `settings` ask for. The same seed gives the same scene, objects and
/// motions for every shape. Throws when no combination is found in the split.
Scenario draw(const Settings& settings, uint64_t seed, const data::ClipShape& shape);

}  // namespace zoetrope::world
