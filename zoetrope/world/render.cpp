#include "zoetrope/world/render.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "zoetrope/base/error.h"
#include "zoetrope/world/backdrop.h"
#include "zoetrope/world/motion.h"
#include "zoetrope/world/picture.h"
#include "zoetrope/world/vocabulary.h"
#include "zoetrope/world/view.h"

namespace zoetrope::world {
namespace {

constexpr double velocity_seconds = 1.0 / 120;  // velocities are differences over this time

/// The scene of a clip, painted once, and the pictures' windows cut from it.
class Stage {
 public:
  Stage(const Scenario& scenario, int width, int height)
      : scale_(std::min(width, height)), zooms_(scenario.camera.move == Camera::Move::in || scenario.camera.move == Camera::Move::out),
        margin_(scenario.camera.move == Camera::Move::still || zooms_ ? 0 : view_margin), sharpness_(zooms_ ? 1 + scenario.camera.amount / 2 : 1),
        sheet_(side(width), side(height)) {
    Surface target = surface(sheet_);
    Context cr = context(target);
    cairo_scale(cr.get(), scale_ * sharpness_, scale_ * sharpness_);
    cairo_translate(cr.get(), margin_, margin_);
    paint_backdrop(cr.get(), scenario, margin_);
    cairo_surface_flush(target.get());
  }

  /// Fills `frame` with what the view shows.
  void show(const View& view, Bitmap& frame) const {
    Surface source = surface(sheet_), target = surface(frame);
    Context cr = context(target);
    cairo_scale(cr.get(), view.zoom / sharpness_, view.zoom / sharpness_);
    cairo_set_source_surface(cr.get(), source.get(), -(view.x + margin_) * scale_ * sharpness_, -(view.y + margin_) * scale_ * sharpness_);
    cairo_pattern_set_filter(cairo_get_source(cr.get()), CAIRO_FILTER_BILINEAR);
    cairo_pattern_set_extend(cairo_get_source(cr.get()), CAIRO_EXTEND_PAD);
    cairo_paint(cr.get());
    cairo_surface_flush(target.get());
  }

 private:
  int side(int pixels) const { return static_cast<int>(std::ceil((pixels + 2 * margin_ * scale_) * sharpness_)); }

  double scale_;
  bool zooms_;
  double margin_, sharpness_;
  Bitmap sheet_;
};

/// Paints an object alone on the transparent `layer`.
void paint_object(const Object& o, const Picture& picture, const Pose& pose, const View& view, double scale, Bitmap& layer) {
  std::fill(layer.pixels.begin(), layer.pixels.end(), 0);
  Surface target = surface(layer);
  Context cr = context(target);
  const double pixels = pose.size * view.zoom * scale;
  cairo_translate(cr.get(), view.across(pose.x) * scale, view.down(pose.y) * scale);
  cairo_rotate(cr.get(), pose.angle);
  cairo_scale(cr.get(), o.mirrored ? -pixels : pixels, pixels);
  picture.paint(cr.get(), pixels);
  cairo_surface_flush(target.get());
}

/// Lays `layer` over `frame` (both premultiplied) and adds what it covers to `cover`. Returns its area in pixels.
double lay_over(const Bitmap& layer, Bitmap& frame, uint8_t* cover) {
  uint64_t area = 0;
  for (size_t i = 0; i < layer.pixels.size(); ++i) {
    const uint32_t above = layer.pixels[i], alpha = above >> 24;
    if (alpha == 0) continue;
    const uint32_t rest = 255 - alpha, below = frame.pixels[i];
    auto part = [&](int shift) { return std::min<uint32_t>((above >> shift & 255) + ((below >> shift & 255) * rest + 127) / 255, 255) << shift; };
    frame.pixels[i] = 0xff000000u | part(16) | part(8) | part(0);
    cover[i] = static_cast<uint8_t>(255 - ((255 - cover[i]) * rest + 127) / 255);
    area += alpha;
  }
  return static_cast<double>(area) / 255;
}

/// How much of the first layer the second one hides, in pixels.
double hidden_area(const Bitmap& below, const Bitmap& above) {
  uint64_t area = 0;
  for (size_t i = 0; i < below.pixels.size(); ++i) area += static_cast<uint64_t>(below.pixels[i] >> 24) * (above.pixels[i] >> 24);
  return static_cast<double>(area) / (255.0 * 255.0);
}

void store(const Bitmap& frame, uint8_t* rgb) {
  for (uint32_t pixel : frame.pixels) {
    *rgb++ = static_cast<uint8_t>(pixel >> 16);
    *rgb++ = static_cast<uint8_t>(pixel >> 8);
    *rgb++ = static_cast<uint8_t>(pixel);
  }
}

const char* name_of(Direction direction) { return direction == Direction::left ? "left" : direction == Direction::right ? "right" : "none"; }

const char* name_of(Camera::Move move) {
  using enum Camera::Move;
  return move == left ? "pan left" : move == right ? "pan right" : move == in ? "zoom in" : move == out ? "zoom out" : "still";
}

base::Json facts(const Scenario& s, const data::ClipShape& shape) {
  base::Json truth = {{"scene", s.scene}, {"night", s.night}, {"camera", name_of(s.camera.move)}, {"fps", shape.fps.value()}, {"objects", base::Json::array()}};
  for (const Object& o : s.objects)
    truth["objects"].push_back({{"kind", o.colour.empty() ? "emoji" : "shape"}, {"name", o.name}, {"colour", o.colour.empty() ? base::Json() : base::Json(o.colour)},
                                {"motion", o.motion}, {"direction", name_of(o.direction)}, {"frames", base::Json::array()}});
  return truth;
}

void check(const Scenario& s, const data::ClipShape& shape) {
  if (shape.frames < 1 || shape.height < 16 || shape.width < 16)
    throw base::UsageError("a clip of the world has at least one frame of 16x16, asked for {} of {}x{}", shape.frames, shape.width, shape.height);
  const double asked = static_cast<double>(shape.width) / static_cast<double>(shape.height), drawn = s.width / s.height;
  if (std::abs(asked / drawn - 1) > .02) throw base::Error("a scenario laid out for the aspect ratio {:.3f} cannot be painted at {:.3f}", drawn, asked);
}

}  // namespace

Rendered render(const Scenario& s, const data::ClipShape& shape) {
  check(s, shape);
  const int width = static_cast<int>(shape.width), height = static_cast<int>(shape.height);
  const double scale = std::min(width, height);
  std::vector<double> times;  // each frame's, and a little later for the velocity
  for (int64_t t = 0; t < shape.frames; ++t) {
    const double time = shape.frames == 1 ? s.moment : static_cast<double>(t) / shape.fps.value();
    times.insert(times.end(), {time, time + velocity_seconds});
  }
  const auto poses = move(s, times);
  std::vector<std::shared_ptr<const Picture>> pictures;
  for (const Object& o : s.objects) pictures.push_back(picture(o.name, o.colour));

  const Stage stage(s, width, height);
  Bitmap frame(width, height);
  std::vector<Bitmap> layers(s.objects.size(), frame);
  Rendered result{at::empty({shape.frames, height, width, 3}, at::kByte), at::zeros({shape.frames, height, width}, at::kByte), facts(s, shape)};
  for (int64_t t = 0; t < shape.frames; ++t) {
    const View view = view_at(s, times[2 * t]), later = view_at(s, times[2 * t + 1]);
    stage.show(view, frame);
    uint8_t* cover = result.focus.mutable_data_ptr<uint8_t>() + t * height * width;
    for (size_t i = 0; i < s.objects.size(); ++i) {
      const Pose &now = poses[2 * t][i], &next = poses[2 * t + 1][i];
      paint_object(s.objects[i], *pictures[i], now, view, scale, layers[i]);
      const double seen = lay_over(layers[i], frame, cover), pixels = now.size * view.zoom * scale;
      const double x = view.across(now.x) / s.width, y = view.down(now.y) / s.height;
      result.truth["objects"][i]["frames"].push_back({{"x", x},
                                                      {"y", y},
                                                      {"vx", (later.across(next.x) / s.width - x) / velocity_seconds},
                                                      {"vy", (later.down(next.y) / s.height - y) / velocity_seconds},
                                                      {"size", pixels / height},
                                                      {"angle", now.angle},
                                                      {"visibility", std::min(seen / (pictures[i]->outline().area * pixels * pixels), 1.0)}});
    }
    if (s.objects.size() == 2) {
      base::Json& below = result.truth["objects"][0]["frames"].back();
      const double pixels = poses[2 * t][0].size * view.zoom * scale, area = pictures[0]->outline().area * pixels * pixels;
      below["visibility"] = std::max(below["visibility"].get<double>() - hidden_area(layers[0], layers[1]) / area, 0.0);
    }
    store(frame, result.frames.mutable_data_ptr<uint8_t>() + t * height * width * 3);
  }
  return result;
}

}  // namespace zoetrope::world
