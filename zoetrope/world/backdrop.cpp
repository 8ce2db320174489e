#include "zoetrope/world/backdrop.h"

#include <array>
#include <cmath>
#include <numbers>

#include "zoetrope/base/error.h"
#include "zoetrope/world/backdrop_painter.h"

namespace zoetrope::world {
namespace {

void meadow(BackdropPainter& s) {
  const double horizon = s.rng.uniform(.46, .6) * s.height, bottom = s.height + s.margin;
  s.sky(horizon, 0x66b2f2, 0xcfe8fb);
  for (int i = 0; i < 2; ++i) s.cloud(s.across(), s.rng.uniform(.1, .28) * s.height, s.rng.uniform(.14, .2));
  s.hills(horizon, .035, s.rng.uniform(.9, 1.5), s.lit(0x86c45c), s.lit(0x6fb84a));
  s.band(horizon + .06, bottom, s.lit(0x74bd48), s.lit(0x3f8f2f));
  const std::array petals = {0xfaf0f0u, 0xf6dc4cu, 0xee86b4u};
  for (int i = 0; i < 9; ++i) s.disc(s.across(), s.rng.uniform(horizon + .1, bottom), .013, s.lit(petals[s.rng.below(3)]));
}

void beach(BackdropPainter& s) {
  const double horizon = s.rng.uniform(.4, .5) * s.height, shore = horizon + s.rng.uniform(.16, .22) * s.height,
               bottom = s.height + s.margin;
  s.sky(horizon, 0x6fc4f5, 0xd8f0fa);
  if (!s.night) s.disc(s.rng.uniform(.12, .88) * s.width, s.rng.uniform(.12, .2) * s.height, .085, rgb(0xfff0a0));
  s.band(horizon, shore + .03, s.lit(0x1c76b4), s.lit(0x3fb2c8));
  const Rgb wet = s.lit(0xd9bd83), dry = s.lit(0xf2dba2);
  s.hills(shore, .012, .7, s.lit(0xf4f8f4), s.lit(0xf4f8f4));
  s.hills(shore + .03, .012, .7, wet, dry);
  s.band(shore + .1, bottom, mix(wet, dry, .7), dry);
}

void street(BackdropPainter& s) {
  const double pavement = s.rng.uniform(.68, .74) * s.height, bottom = s.height + s.margin;
  s.sky(pavement, 0x8fc6ee, 0xdde9f0);
  const std::array walls = {0xb5654au, 0xc9a06au, 0x7a8aa0u, 0xa9836bu, 0x8d9a7au};
  for (double x = s.left() - s.rng.uniform(0, .2); x < s.right();) {
    const double wide = s.rng.uniform(.26, .4), roof = s.rng.uniform(.12, .36) * s.height;
    const Rgb wall = s.lit(walls[s.rng.below(walls.size())]);
    s.box(x, roof, wide - .02, pavement - roof, wall);
    const double pane = .06, gap = wide / 3;
    for (double y = roof + .06; y < pavement - .12; y += .14)
      for (int column = 0; column < 2; ++column) {
        const bool bright = s.night && s.rng.chance(.6);
        s.box(x + gap * (column + 1) - pane / 2 - .01, y, pane, .08,
              bright ? rgb(0xf6d878) : mix(wall, s.night ? rgb(0x101020) : rgb(0xdcebf5), .6));
      }
    x += wide;
  }
  s.band(pavement, pavement + .05, s.lit(0xb9b4ac), s.lit(0xa8a39c));
  s.band(pavement + .05, bottom, s.lit(0x6a6a70), s.lit(0x4c4c52));
  const double line = pavement + .05 + (s.height - pavement - .05) * .55;
  for (double x = s.left() + s.rng.uniform(0, .2); x < s.right(); x += .4) s.box(x, line, .2, .022, s.lit(0xefe9c8));
  const double lamp = s.rng.uniform(.15, .85) * s.width;
  s.box(lamp - .011, .3 * s.height, .022, pavement + .04 - .3 * s.height, s.night ? rgb(0x22242c) : rgb(0x3c4048));
  if (s.night) s.glow(lamp, .3 * s.height, .22, rgb(0xffe6a0), .7);
  s.disc(lamp, .3 * s.height, .035, s.night ? rgb(0xfff2c4) : rgb(0xe8e8e0));
}

void room(BackdropPainter& s) {
  const double floor = s.rng.uniform(.68, .76) * s.height, bottom = s.height + s.margin;
  const std::array papers = {0xe6cfa8u, 0xd3dcc0u, 0xe3c3b4u, 0xcbd6dfu};
  const Rgb paper = s.vary(papers[s.rng.below(papers.size())], .04);
  s.band(s.left(), floor, paper, mix(paper, {1, 1, 1}, .15));
  s.band(floor, bottom, s.vary(0xa87448, .04), s.vary(0x7e5230, .04));
  s.box(s.left(), floor - .03, s.right() - s.left(), .035, rgb(0xf5efe4));
  const double x = s.rng.uniform(.08, .92 * s.width - .42), y = .1 * s.height;
  s.box(x, y, .42, .38 * s.height, rgb(0xfbfbf8));
  s.box(x + .03, y + .03, .36, .38 * s.height - .06, s.vary(0x9fd2f2, .03));
  s.box(x + .2, y, .02, .38 * s.height, rgb(0xfbfbf8));
  s.box(x, y + .19 * s.height - .01, .42, .02, rgb(0xfbfbf8));
}

void desert(BackdropPainter& s) {
  const double horizon = s.rng.uniform(.46, .58) * s.height;
  s.sky(horizon, 0xf2a868, 0xfbe2b4);
  if (!s.night) s.disc(s.rng.uniform(.12, .88) * s.width, s.rng.uniform(.13, .25) * s.height, .08, rgb(0xfffad8));
  const std::array sands = {0xe2b36cu, 0xd69c52u, 0xc88842u};
  for (int i = 0; i < 3; ++i) {
    const Rgb sand = s.lit(sands[i]);
    s.hills(horizon + .13 * i * s.height, .05 - .008 * i, s.rng.uniform(.8, 1.4), mix(sand, {1, .95, .8}, s.night ? 0 : .2), sand);
  }
}

void snow(BackdropPainter& s) {
  const double horizon = s.rng.uniform(.48, .6) * s.height, bottom = s.height + s.margin;
  s.sky(horizon, 0xa9bdd6, 0xe3ebf3);
  s.hills(horizon - .05, .05, s.rng.uniform(1, 1.6), s.lit(0xcfdcea), s.lit(0xdfe8f2));
  for (int i = 0; i < 4; ++i) s.fir(s.across(), horizon + s.rng.uniform(0, .05), s.rng.uniform(.2, .32), s.lit(0x2f6148));
  s.hills(horizon + .04, .02, 1.3, s.lit(0xf6f9fc), s.lit(0xd8e4f2));
  s.band(horizon + .07, bottom, s.lit(0xf4f8fc), s.lit(0xd4e0f0));
}

void forest(BackdropPainter& s) {
  const double ground = s.rng.uniform(.66, .74) * s.height, bottom = s.height + s.margin;
  s.band(s.left(), ground, s.lit(0x8fc08c), s.lit(0xcfe2b4));
  for (double x = s.left() + s.rng.uniform(0, .2); x < s.right(); x += s.rng.uniform(.16, .24))
    s.box(x, s.left(), .045, ground - s.left(), s.lit(0x86a078));
  s.band(ground - .01, bottom, s.lit(0x6d9a48), s.lit(0x47702f));
  for (double x = s.left() + s.rng.uniform(0, .3); x < s.right(); x += s.rng.uniform(.42, .6)) {
    const double foot = ground + s.rng.uniform(.02, .06), thick = s.rng.uniform(.07, .1);
    s.box(x, s.left(), thick, foot - s.left(), s.lit(0x6a4c34));
    s.polygon({{x - .04, foot + .02}, {x + .01, foot - .1}, {x + thick - .01, foot - .1}, {x + thick + .04, foot + .02}}, s.lit(0x6a4c34));
  }
  const Rgb leaves = s.lit(0x2f7a3a);
  for (double x = s.left(); x < s.right() + .1; x += .15)
    s.disc(x, s.rng.uniform(-.02, .06), .15, mix(leaves, s.lit(0x54983e), s.rng.uniform(0, .5)));
}

void underwater(BackdropPainter& s) {
  const double bed = s.rng.uniform(.74, .8) * s.height, bottom = s.height + s.margin;
  s.band(s.left(), bottom, s.vary(0x4fc3e0, .03), s.vary(0x0d4f96, .03));
  for (int i = 0; i < 2; ++i) {  // weeds
    const double x = s.across(), sway = s.rng.uniform(-.06, .06);
    set_colour(s.cr, s.vary(0x1f8a5a));
    cairo_set_line_width(s.cr, .035);
    cairo_set_line_cap(s.cr, CAIRO_LINE_CAP_ROUND);
    cairo_move_to(s.cr, x, bed + .06);
    cairo_curve_to(s.cr, x + sway, bed - .1, x - sway, bed - .18, x + sway, bed - s.rng.uniform(.25, .38));
    cairo_stroke(s.cr);
  }
  s.hills(bed, .025, s.rng.uniform(.7, 1.1), s.vary(0xd8c68c, .04), s.vary(0xb49a62, .04));
  for (int i = 0; i < 5; ++i) s.disc(s.across(), s.rng.uniform(.08, .6) * s.height, s.rng.uniform(.012, .025), {.85, .96, 1}, .55);
}

void mountains(BackdropPainter& s) {
  const double foot = s.rng.uniform(.6, .68) * s.height, bottom = s.height + s.margin;
  s.sky(foot, 0x6faee8, 0xd8e8f4);
  for (double x = s.left() - .1; x < s.right() + .2; x += s.rng.uniform(.42, .6)) {
    const double half = s.rng.uniform(.36, .5), peak = s.rng.uniform(.18, .32) * s.height, cap = .3;
    s.polygon({{x, peak}, {x + half, foot + .02}, {x - half, foot + .02}}, s.lit(0x7684a0));
    const double snow = peak + (foot - peak) * cap;
    s.polygon({{x, peak}, {x + half * cap, snow}, {x + half * .1, snow - .03}, {x - half * .08, snow + .02}, {x - half * cap, snow}},
              s.lit(0xf6f9fc));
  }
  s.hills(foot, .025, 1.2, s.lit(0x6a9a5c), s.lit(0x4c7c40));
  s.band(foot + .06, bottom, s.lit(0x649455), s.lit(0x44723a));
}

void moon(BackdropPainter& s) {
  const double horizon = s.rng.uniform(.5, .62) * s.height;
  s.band(s.left(), horizon + .1, {.01, .01, .04}, {.04, .04, .1});
  for (int i = 0; i < 14; ++i) s.disc(s.across(), s.rng.uniform(0, horizon), .009, {.95, .95, .95}, .9);
  const double x = s.rng.uniform(.15, .85) * s.width, y = s.rng.uniform(.14, .24) * s.height;
  s.disc(x, y, .1, rgb(0x3f7fd0));
  s.disc(x - .03, y - .02, .045, rgb(0x5fae62));
  s.disc(x + .045, y + .035, .03, rgb(0x5fae62));
  s.hills(horizon, .03, s.rng.uniform(.9, 1.4), s.vary(0xb8b8bc, .03), s.vary(0x8a8a90, .03));
  for (int i = 0; i < 6; ++i) {
    const double cx = s.across(), cy = s.rng.uniform(horizon + .08, s.height), size = s.rng.uniform(.04, .09);
    cairo_save(s.cr);
    cairo_translate(s.cr, cx, cy);
    cairo_scale(s.cr, 1, .4);
    s.disc(0, 0, size, rgb(0x7c7c84));
    s.disc(0, .2 * size, size * .85, rgb(0x96969c));
    cairo_restore(s.cr);
  }
}

/// A studio backdrop: one tone, a little darker towards the floor.
template <uint32_t tone>
void plain(BackdropPainter& s) {
  const Rgb colour = s.vary(tone, .04);
  s.band(s.left(), s.height + s.margin, mix(colour, {1, 1, 1}, .08), mix(colour, {0, 0, 0}, .08));
}

/// Whatever people may have behind things: tones that run into one another, stripes, shards, dots and soft clouds of any colours. No two
/// are alike, so what of one is known can only be copied.
void pattern(BackdropPainter& s) {
  auto any = [&] { return Rgb{s.rng.uniform(0, 1), s.rng.uniform(0, 1), s.rng.uniform(0, 1)}; };
  auto anywhere = [&] { return std::pair{s.rng.uniform(s.left(), s.right()), s.rng.uniform(s.left(), s.height + s.margin)}; };
  const Rgb first = any(), second = any(), third = any();
  s.band(s.left(), s.height + s.margin, first, second);
  cairo_save(s.cr);
  cairo_translate(s.cr, s.width / 2, s.height / 2);
  cairo_rotate(s.cr, s.rng.uniform(0, std::numbers::pi));
  cairo_translate(s.cr, -s.width / 2, -s.height / 2);
  const double across = s.width + s.height + s.margin, period = s.rng.uniform(.06, .25);
  switch (s.rng.below(5)) {
    case 0:  // stripes
      for (double x = -across; x < across; x += period) s.box(x, -across, period * .45, 3 * across, third);
      break;
    case 1:  // dots
      for (double x = -across; x < across; x += period)
        for (double y = -across; y < across; y += period) s.disc(x, y, period * .28, third);
      break;
    case 2:  // shards
      for (int i = 0; i < 24; ++i) {
        const auto [x, y] = anywhere();
        auto near = [&] { return s.rng.uniform(-.25, .25); };
        s.polygon({{x + near(), y + near()}, {x + near(), y + near()}, {x + near(), y + near()}}, mix(any(), first, .4));
      }
      break;
    case 3:  // clouds
      for (int i = 0; i < 40; ++i) {
        const auto [x, y] = anywhere();
        s.glow(x, y, s.rng.uniform(.08, .35), mix(any(), second, .3), s.rng.uniform(.3, .8));
      }
      break;
    default:  // grain, as in a photograph of sand or cloth
      for (int i = 0; i < 900; ++i) {
        const auto [x, y] = anywhere();
        s.disc(x, y, s.rng.uniform(.008, .03), mix(any(), mix(first, second, s.rng.uniform(0, 1)), .7), .7);
      }
  }
  cairo_restore(s.cr);
}

using Painter = void (*)(BackdropPainter&);
const std::map<std::string, Painter> painters = {
    {"meadow", meadow},
    {"beach", beach},
    {"street", street},
    {"room", room},
    {"desert", desert},
    {"snow", snow},
    {"forest", forest},
    {"underwater", underwater},
    {"mountains", mountains},
    {"moon", moon},
    {"plain grey", plain<0x989ca0>},
    {"plain pink", plain<0xf2a9c0>},
    {"plain cream", plain<0xf3e6c8>},
    {"plain turquoise", plain<0x4fc1b8>},
    {"pattern", pattern},
};

}  // namespace

void paint_backdrop(cairo_t* cr, const Scenario& scenario) {
  auto paint = painters.find(scenario.scene);
  if (paint == painters.end()) throw base::Error("the scene '{}' is unknown", scenario.scene);
  BackdropPainter painter{cr, scenario.width, scenario.height, painted_margin, scenario.night, base::Rng(scenario.scene_seed)};
  paint->second(painter);
}

namespace {

bool zooms(const Camera& camera) { return camera.move == Camera::Move::in || camera.move == Camera::Move::out; }
bool pans(const Camera& camera) { return camera.move == Camera::Move::left || camera.move == Camera::Move::right; }

Bitmap sheet(const Scenario& s, double margin, double scale) {
  auto side = [&](double length) { return static_cast<int>(std::ceil((length + 2 * margin) * scale - 1e-6)); };
  Bitmap sheet(side(s.width), side(s.height));
  Surface target = surface(sheet);
  Context cr = context(target);
  cairo_scale(cr.get(), scale, scale);
  cairo_translate(cr.get(), margin, margin);
  paint_backdrop(cr.get(), s);
  cairo_surface_flush(target.get());
  return sheet;
}

}  // namespace

Backdrop::Backdrop(const Scenario& s, int width, int height)
    : margin_(pans(s.camera) ? view_margin : 0),
      scale_(std::min(width, height) *
             (zooms(s.camera) ? 1 + s.camera.amount / 2 : 1)),  // sharp enough for the nearest view, not too fine for the farthest
      picture_scale_(std::min(width, height)),
      sheet_(sheet(s, margin_, scale_)) {}

void Backdrop::show(const View& view, Bitmap& frame) const {
  Surface source = surface(sheet_), target = surface(frame);
  Context cr = context(target);
  cairo_scale(cr.get(), view.zoom * picture_scale_ / scale_, view.zoom * picture_scale_ / scale_);
  cairo_set_source_surface(cr.get(), source.get(), -(view.x + margin_) * scale_, -(view.y + margin_) * scale_);
  cairo_pattern_set_filter(cairo_get_source(cr.get()), CAIRO_FILTER_BILINEAR);
  cairo_pattern_set_extend(cairo_get_source(cr.get()), CAIRO_EXTEND_PAD);
  cairo_paint(cr.get());
  cairo_surface_flush(target.get());
}

}  // namespace zoetrope::world
