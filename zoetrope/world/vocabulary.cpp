#include "zoetrope/world/vocabulary.h"

#include <algorithm>

namespace zoetrope::world {
namespace {

template <class Entry>
const Entry* find(const std::vector<Entry>& entries, std::string_view name) {
  auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = {
      {"circle", {{"circle", "disc"}, {"圆形", "圆"}}}, {"square", {{"square", "box"}, {"正方形", "方块"}}},
      {"triangle", {{"triangle"}, {"三角形"}}},         {"star", {{"star"}, {"五角星", "星形"}}},
      {"heart", {{"heart"}, {"心形", "爱心"}}},
  };
  return all;
}

const std::vector<Colour>& colours() {
  static const std::vector<Colour> all = {
      {"red", 0xdc2030, {{"red"}, {"红色"}}},       {"orange", 0xf58a14, {{"orange"}, {"橙色", "橘色"}}},
      {"yellow", 0xf7df28, {{"yellow"}, {"黄色"}}}, {"green", 0x1ea23c, {{"green"}, {"绿色"}}},
      {"blue", 0x2353e1, {{"blue"}, {"蓝色"}}},     {"purple", 0x912db4, {{"purple", "violet"}, {"紫色"}}},
      {"white", 0xfafafa, {{"white"}, {"白色"}}},   {"black", 0x141414, {{"black"}, {"黑色"}}},
  };
  return all;
}

const Emoji* find_emoji(std::string_view name) { return find(emoji(), name); }
const Shape* find_shape(std::string_view name) { return find(shapes(), name); }
const Colour* find_colour(std::string_view name) { return find(colours(), name); }
const Scene* find_scene(std::string_view name) { return find(scenes(), name); }
const Motion* find_motion(std::string_view name) { return find(motions(), name); }

}  // namespace zoetrope::world
