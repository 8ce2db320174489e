#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "zoetrope/data/dataset.h"
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

enum class Direction { none, left, right };

/// One object and all that decides its motion.
struct Object {
  std::string name;    // of an emoji or a shape
  std::string colour;  // of a shape; empty for an emoji
  std::string motion;
  Direction direction = Direction::none;
  double size = .33;    // longest side of the image
  double x = 0, y = 0;  // where its centre of mass starts
  double speed = 0;     // along x; upwards for "floats" and (negative: downwards) "bounces"; turns a second for "spins"; part of the size a
                        // second for "grows"
  double phase = 0;     // of what swings, 0..1
  bool mirrored = false;
};

struct Camera {
  enum class Move { still, left, right, in, out } move = Move::still;
  double amount = 0;  // how far a pan goes in all, or how much a zoom magnifies (.2 for 1.2)
};

/// Everything that is drawn at random before anything is painted.
struct Scenario {
  std::string scene;
  bool night = false;
  uint64_t scene_seed = 0;  // varies the painting
  double ground = .85;      // where things stand
  Camera camera;
  std::vector<Object> objects;
  double width = 1, height = 1;  // of the image, one of them is 1
  double seconds = 2;            // the time for which the motion is laid out
  bool still = false;            // asked for as a single image
  double moment = 1;             // the time that a single image shows
};

/// Draws a scenario of the part of the world and the split that `settings` ask for. The same seed gives the same scene, objects and
/// motions for every shape. Throws when no combination is found in the split.
Scenario draw(const Settings& settings, uint64_t seed, const data::ClipShape& shape);

}  // namespace zoetrope::world
