#include "zoetrope/world/render.h"

#include <algorithm>
#include <cmath>

#include "zoetrope/base/error.h"
#include "zoetrope/base/random.h"
#include "zoetrope/world/backdrop.h"
#include "zoetrope/world/layer.h"
#include "zoetrope/world/steering.h"

namespace zoetrope::world {
namespace {

constexpr double velocity_seconds = 1.0 / 120;  // velocities are differences over this time

void check(const Scenario& s, const data::ClipShape& shape) {
  if (shape.frames < 1 || shape.height < 16 || shape.width < 16 || shape.fps.value() <= 0)
    throw base::UsageError("a clip of the world must have at least 1 frame of 16x16 and a positive frame rate, got {} of {}x{} at {}/{}",
                           shape.frames, shape.width, shape.height, shape.fps.numerator, shape.fps.denominator);
  const double asked = static_cast<double>(shape.width) / static_cast<double>(shape.height), drawn = s.width / s.height;
  if (std::abs(asked / drawn - 1) > .02)
    throw base::Error("a scenario planned for the aspect ratio {:.3f} cannot be rendered at {:.3f}", drawn, asked);
}

/// The world and the camera at one time. A steered one shows the scene and the object of these numbers in its `Steering`.
struct Moment {
  double time;
  View view;
  std::vector<Pose> poses;
  size_t scene = 0, object = 0;
};

/// Each frame's moment, and one a little later for the velocities: [2 t] and [2 t + 1].
std::vector<Moment> moments(const Scenario& s, const data::ClipShape& shape) {
  std::vector<double> times, simulated;
  for (int64_t t = 0; t < shape.frames; ++t) {
    const double time = shape.frames == 1 ? s.moment : static_cast<double>(t) / shape.fps.value();
    times.insert(times.end(), {time, time + velocity_seconds});
  }
  for (double time : times) simulated.push_back(s.begin + time);
  std::vector<Moment> all;
  if (s.steering) {
    const std::vector<SteeredState> states = steer(s, simulated);
    for (size_t i = 0; i < times.size(); ++i)
      all.push_back({times[i], view_at(s, times[i]), {states[i].pose}, states[i].scene, states[i].object});
  } else {
    std::vector<std::vector<Pose>> poses = move(s, simulated);
    for (size_t i = 0; i < times.size(); ++i) all.push_back({times[i], view_at(s, times[i]), std::move(poses[i])});
  }
  return all;
}

/// The scenario as it is at a moment: a steered one has another scene or object by then.
Scenario at_moment(Scenario s, const Moment& now) {
  if (!s.steering) return s;
  s.scene = s.steering->scenes[now.scene];
  if (now.scene > 0) s.scene_seed = base::derive_seed({s.scene_seed, now.scene});
  s.objects[0] = shown_object(s, now.object);
  return s;
}

/// What a clip's frames are put together from. A steered scenario makes it anew where its scene or object changes.
struct Props {
  Props(const Scenario& s, const Moment& now, int width, int height) : scene(now.scene), object(now.object), backdrop(s, width, height) {
    for (const Object& o : s.objects) images.push_back(sprite(o.name, o.colour));
  }
  bool fit(const Moment& now) const { return now.scene == scene && now.object == object; }

  size_t scene, object;
  Backdrop backdrop;
  std::vector<std::shared_ptr<const Sprite>> images;
};

const char* name_of(Direction direction) {
  return direction == Direction::left ? "left" : direction == Direction::right ? "right" : "none";
}

const char* name_of(Camera::Move move) {
  using enum Camera::Move;
  return move == left ? "pan left" : move == right ? "pan right" : move == in ? "zoom in" : move == out ? "zoom out" : "still";
}

/// What is true of the whole clip.
base::Json clip_facts(const Scenario& s, const data::ClipShape& shape) {
  base::Json facts = {
      {"scene", s.scene},
      {"night", s.night},
      {"camera", name_of(s.camera.move)},
      {"occluder", s.occluder ? base::Json{{"x", s.occluder->x / s.width}, {"width", s.occluder->width / s.width}} : base::Json()},
      {"fps", shape.fps.value()},
      {"objects", base::Json::array()}};
  for (const Object& o : s.objects)
    facts["objects"].push_back({{"kind", o.colour.empty() ? "emoji" : "shape"},
                                {"name", o.name},
                                {"colour", o.colour.empty() ? base::Json() : base::Json(o.colour)},
                                {"motion", s.steering ? "steered" : o.motion},
                                {"direction", name_of(o.direction)},
                                {"frames", base::Json::array()}});
  return facts;
}

/// What is true of object `i` in one frame; `whole_area` is that of its image at size 1.
base::Json frame_facts(const Scenario& s, size_t i, const Moment& now, const Moment& later, double scale, double seen, double whole_area) {
  auto across = [&](const Moment& m) { return m.view.across(m.poses[i].x) / s.width; };
  auto down = [&](const Moment& m) { return m.view.down(m.poses[i].y) / s.height; };
  const double size = now.poses[i].size * now.view.zoom;
  return {{"x", across(now)},
          {"y", down(now)},
          {"vx", (across(later) - across(now)) / velocity_seconds},
          {"vy", (down(later) - down(now)) / velocity_seconds},
          {"size", size / s.height},
          {"angle", now.poses[i].angle},
          {"visibility", std::min(seen / (whole_area * size * size * scale * scale), 1.0)}};
}

/// What is true of a steered clip in one frame.
base::Json steering_facts(const Steering& steering, const Moment& now) {
  const auto& [name, colour] = steering.objects[now.object];
  return {{"action", name_of(action_at(steering, now.time))},
          {"scene", steering.scenes[now.scene]},
          {"name", name},
          {"colour", colour.empty() ? base::Json() : base::Json(colour)}};
}

void store(const Bitmap& frame, uint8_t* rgb) {
  for (uint32_t pixel : frame.pixels)
    for (int shift : {16, 8, 0}) *rgb++ = static_cast<uint8_t>(pixel >> shift);
}

}  // namespace

Rendered render(const Scenario& s, const data::ClipShape& shape) {
  check(s, shape);
  const int width = static_cast<int>(shape.width), height = static_cast<int>(shape.height);
  const double scale = std::min(width, height);
  const int64_t area = shape.width * shape.height;
  const std::vector<Moment> all = moments(s, shape);
  Props props(s, all[0], width, height);
  Bitmap frame(width, height);
  std::vector<Bitmap> layers(s.objects.size() + (s.occluder ? 1 : 0), frame);
  Rendered result{at::empty({shape.frames, height, width, 3}, at::kByte), at::zeros({shape.frames, height, width}, at::kByte),
                  clip_facts(s, shape)};
  for (int64_t t = 0; t < shape.frames; ++t) {
    const Moment &now = all[2 * t], &later = all[2 * t + 1];
    if (!props.fit(now)) props = Props(at_moment(s, now), now, width, height);
    uint8_t* cover = result.subject_mask.mutable_data_ptr<uint8_t>() + t * area;
    props.backdrop.show(now.view, frame);
    for (size_t i = 0; i < s.objects.size(); ++i) {
      paint_object(*props.images[i], now.poses[i], now.view, scale, layers[i]);
      lay_over(layers[i], frame, cover);
    }
    if (s.occluder) {
      paint_occluder(*s.occluder, s.height, now.view, scale, layers.back());
      lay_over(layers.back(), frame, cover, Covers::hides);
    }
    for (size_t i = 0; i < s.objects.size(); ++i)
      result.truth["objects"][i]["frames"].push_back(
          frame_facts(s, i, now, later, scale, seen_area(layers, i), props.images[i]->outline().area));
    if (s.steering) result.truth["steering"].push_back(steering_facts(*s.steering, now));
    store(frame, result.frames.mutable_data_ptr<uint8_t>() + t * area * 3);
  }
  return result;
}

}  // namespace zoetrope::world
