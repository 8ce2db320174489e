#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace zoetrope::world {

/// The words for one thing. The first of each list is the plainest.
struct Words {
  std::vector<std::string> en, zh;
};

/// Which way an image looks by nature; one that moves the other way is mirrored.
enum class Facing { front, left, right };

/// Something drawn from the emoji font.
struct Emoji {
  std::string name;
  char32_t character;
  Facing facing;
  Words words;
  std::string measure;  // the Chinese measure word: 一`只`狗
};

struct Shape {
  std::string name;
  Words words;
};

struct Colour {
  std::string name;
  uint32_t rgb;
  Words words;
};

/// Where a clip plays. `at`, `across` and `over` are what English puts behind a verb that stays, crosses or passes above.
struct Scene {
  std::string name;
  bool has_night;                  // outdoors: it can be day or night
  double ground_high, ground_low;  // where things stand, as fractions of the image's height from its top
  std::vector<std::string> at, across, over;
  std::vector<std::string> zh_at;      // 草地上, 房间里
  std::vector<std::string> zh_across;  // what Chinese puts behind 过: 草地
};

/// What an object does. `{d}` in a phrase is the direction; phrases with `{other}` are about two objects. A motion that lasts goes on for
/// as long as one looks, at a speed of its own; the others are laid out over a clip's length.
struct Motion {
  std::string name;
  bool directed;  // to the left or to the right
  int objects;    // how many it takes
  enum class Ground { at, across, over } place;
  std::vector<std::string> en, en_ing;     // "rolls {d}", "rolling {d}"
  std::vector<std::string> zh, zh_across;  // "{d}滚动"; "{d}滚过{g}" with `{g}` the place crossed
  bool lasts = false;
};

const std::vector<Emoji>& emoji();
const std::vector<Shape>& shapes();
const std::vector<Colour>& colours();
const std::vector<Scene>& scenes();
const std::vector<Motion>& motions();

/// A backdrop of one tone, before which a moving camera could not be told from a moving object.
inline bool is_plain(const Scene& scene) { return scene.name.starts_with("plain "); }

/// The entry called `name`, or null.
const Emoji* find_emoji(std::string_view name);
const Shape* find_shape(std::string_view name);
const Colour* find_colour(std::string_view name);
const Scene* find_scene(std::string_view name);
const Motion* find_motion(std::string_view name);

/// What Unicode CLDR calls a character, without "face" and the like added by hand.
struct CldrName {
  char32_t character;
  const char* en;
  const char* zh;
};
const CldrName& cldr_name(char32_t character);

}  // namespace zoetrope::world
