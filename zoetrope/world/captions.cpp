#include "zoetrope/world/captions.h"

#include <algorithm>

#include "zoetrope/base/random.h"
#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {
namespace {

/// `text` with the first `{key}` replaced.
std::string filled(std::string text, const std::string& key, const std::string& value) {
  const std::string slot = "{" + key + "}";
  const size_t at = text.find(slot);
  return at == std::string::npos ? text : text.replace(at, slot.size(), value);
}

std::string with_article(const std::string& noun) {
  const bool open = std::string("aeiou").find(noun[0]) != std::string::npos;  // small letters only: it is a UFO, and an umbrella
  return (open ? "an " : "a ") + noun;
}

/// What both languages need to speak of a scenario.
struct Speaker {
  const Scenario& scenario;
  base::Rng rng;
  const Scene& scene = *find_scene(scenario.scene);
  bool tell_motion = true;

  const std::string& pick(const std::vector<std::string>& words) { return rng.pick(words); }
  /// The plainest word more often than its synonyms.
  const std::string& pick_plain(const std::vector<std::string>& words) { return rng.chance(.5) ? words[0] : rng.pick(words); }
};

// ---- English -------------------------------------------------------------------------------------

struct English : Speaker {
  std::string thing(const Object& o) {
    if (o.colour.empty()) return with_article(pick_plain(find_emoji(o.name)->words.en));
    return with_article(pick_plain(find_colour(o.colour)->words.en) + " " + pick_plain(find_shape(o.name)->words.en));
  }

  std::string direction(const Object& o) {
    static const std::vector<std::string> left = {"to the left", "to the left", "from right to left", "leftwards"};
    static const std::vector<std::string> right = {"to the right", "to the right", "from left to right", "rightwards"};
    return pick(o.direction == Direction::left ? left : right);
  }

  std::string action(const Object& o, bool participle) {
    const Motion& motion = *find_motion(o.motion);
    std::string phrase = filled(pick(participle ? motion.en_ing : motion.en), "d", direction(o));
    return phrase.find("{other}") == std::string::npos ? phrase : filled(phrase, "other", thing(scenario.objects[1]));
  }

  /// Where it happens, and behind what.
  std::string place() {
    const bool behind = scenario.occluder && rng.chance(.6);
    return (behind ? pick({"behind a wall ", "behind a brick wall "}) : "") + ground();
  }

  std::string ground() {
    if (!tell_motion || scenario.objects.size() > 1) return pick(scene.at);
    switch (find_motion(scenario.objects[0].motion)->place) {
      case Motion::Ground::across:
        return pick(rng.chance(.6) ? scene.across : scene.at);
      case Motion::Ground::over:
        return pick(rng.chance(.6) ? scene.over : scene.at);
      default:
        return pick(scene.at);
    }
  }

  /// " at night", and now and then a word on the day.
  std::string circumstances() {
    if (scenario.night) return pick({" at night", " at night", " in the dark of the night", " under a night sky"});
    return scene.has_night && rng.chance(.15) ? pick({" by day", " in daylight", " on a bright day"}) : "";
  }

  std::string camera() {
    using enum Camera::Move;
    if (scenario.still || rng.chance(.4)) return "";
    switch (scenario.camera.move) {
      case left:
        return pick({", the camera pans to the left", ", the camera moves slowly to the left"});
      case right:
        return pick({", the camera pans to the right", ", the camera moves slowly to the right"});
      case in:
        return pick({", the camera zooms in", ", the camera moves closer"});
      case out:
        return pick({", the camera zooms out", ", the camera moves away"});
      default:
        return "";
    }
  }

  /// Who does what; `finite` where the grammar wants a whole clause.
  std::string subject(const Object& o, bool finite = false) {
    if (!tell_motion) return thing(o);
    const std::string who = thing(o);
    switch (finite ? 2 : rng.below(4)) {
      case 0:
        return who + " " + action(o, true);
      case 1:
        return who + " is " + action(o, true);
      default:
        return who + " " + action(o, false);
    }
  }

  std::string sentence() {
    const auto& objects = scenario.objects;
    std::string who = subject(objects[0]);
    const bool named_by_first = objects[0].motion == "collides" && tell_motion;
    if (objects.size() == 2 && !named_by_first) {
      const bool clause = tell_motion && rng.chance(.4);
      who += (clause ? " while " : " and ") + subject(objects[1], clause);
    }
    if (rng.chance(.15)) return pick(scene.at) + circumstances() + ", " + who + camera();
    return who + " " + place() + circumstances() + camera();
  }
};

// ---- Chinese -------------------------------------------------------------------------------------

struct Chinese : Speaker {
  std::string thing(const Object& o) {
    if (!o.colour.empty()) {
      const std::string& colour = pick_plain(find_colour(o.colour)->words.zh);
      return "一个" + colour + (rng.chance(.6) ? "的" : "") + pick_plain(find_shape(o.name)->words.zh);
    }
    const Emoji& emoji = *find_emoji(o.name);
    return "一" + emoji.measure + pick_plain(emoji.words.zh);
  }

  std::string direction(const Object& o) {
    static const std::vector<std::string> left = {"向左", "往左", "从右向左", "从右往左"}, right = {"向右", "往右", "从左向右", "从左往右"};
    return pick(o.direction == Direction::left ? left : right);
  }

  std::string action(const Object& o, const std::string& phrase) {
    std::string said = filled(phrase, "d", direction(o));
    return said.find("{other}") == std::string::npos ? said : filled(said, "other", thing(scenario.objects[1]));
  }

  std::string when() { return scenario.night ? pick({"夜晚", "夜里", "晚上"}) : scene.has_night && rng.chance(.15) ? "白天" : ""; }

  std::string camera() {
    using enum Camera::Move;
    if (scenario.still || rng.chance(.4)) return "";
    switch (scenario.camera.move) {
      case left:
        return pick({"，镜头向左移动", "，镜头缓缓左移"});
      case right:
        return pick({"，镜头向右移动", "，镜头缓缓右移"});
      case in:
        return pick({"，镜头推近", "，镜头慢慢拉近"});
      case out:
        return pick({"，镜头拉远", "，镜头慢慢后退"});
      default:
        return "";
    }
  }

  std::string wall() { return scenario.occluder && rng.chance(.6) ? pick({"，前面有一堵墙", "，前面有一堵砖墙"}) : ""; }

  std::string still_life() {
    const auto& objects = scenario.objects;
    std::string what = thing(objects[0]);
    if (objects.size() == 2) what += "和" + thing(objects[1]);
    const std::string& where = pick(scene.zh_at);
    switch (rng.below(3)) {
      case 0:
        return when() + where + "有" + what;
      case 1:
        return when() + where + "的" + what;
      default:
        return what + "在" + when() + (scenario.night ? "的" : "") + where;
    }
  }

  std::string sentence() {
    if (!tell_motion) return still_life() + wall();
    const auto& objects = scenario.objects;
    const Motion& motion = *find_motion(objects[0].motion);
    std::string time = when();
    if (!time.empty() && rng.chance(.5)) time += "，";
    if (objects.size() == 1 && !motion.zh_across.empty() && rng.chance(.45))
      return time + thing(objects[0]) + filled(action(objects[0], pick(motion.zh_across)), "g", pick(scene.zh_across)) + camera();

    std::string what = action(objects[0], pick(motion.zh));
    std::string others = wall();
    if (objects.size() == 2 && objects[0].motion != "collides")
      others += "，另有" + thing(objects[1]) + action(objects[1], pick(find_motion(objects[1].motion)->zh));
    if (rng.chance(.3)) return time + pick(scene.zh_at) + "，" + thing(objects[0]) + what + others + camera();
    return time + thing(objects[0]) + "在" + pick(scene.zh_at) + what + others + camera();
  }
};

}  // namespace

Captions caption(const Scenario& scenario, uint64_t seed) {
  const bool tell_motion = scenario.steering ? false : !scenario.still || base::Rng(base::derive_seed({seed, 0})).chance(.5);
  English english{{scenario, base::Rng(base::derive_seed({seed, 1}))}};
  Chinese chinese{{scenario, base::Rng(base::derive_seed({seed, 2}))}};
  english.tell_motion = chinese.tell_motion = tell_motion;
  return {english.sentence(), chinese.sentence()};
}

}  // namespace zoetrope::world
