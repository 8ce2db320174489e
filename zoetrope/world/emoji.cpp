#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {
namespace {

/// An object is called by its name, by what CLDR calls the character `named_after` (a face is called by its animal), and by the synonyms.
Emoji entry(std::string name, char32_t image, char32_t named_after, Facing facing, std::string measure, std::vector<std::string> en = {},
            std::vector<std::string> zh = {}) {
  const CldrName& cldr = cldr_name(named_after);
  Words words{{name}, {cldr.zh}};
  if (cldr.en != name) words.en.push_back(cldr.en);
  words.en.insert(words.en.end(), en.begin(), en.end());
  words.zh.insert(words.zh.end(), zh.begin(), zh.end());
  return {std::move(name), image, facing, std::move(words), std::move(measure)};
}

std::vector<Emoji> table() {
  using enum Facing;
  return {
      // The objects of the shipped model: large, simple, of one strong colour or outline each.
      entry("car", U'🚗', U'🚗', left, "辆", {}, {"小汽车"}),
      entry("bus", U'🚌', U'🚌', left, "辆", {}, {"巴士"}),
      entry("tractor", U'🚜', U'🚜', left, "辆"),
      entry("rocket", U'🚀', U'🚀', right, "枚"),
      entry("airplane", U'✈', U'✈', right, "架", {"plane"}),
      entry("sailboat", U'⛵', U'⛵', left, "艘", {"sailing boat"}, {"小帆船"}),
      entry("balloon", U'🎈', U'🎈', front, "个"),
      entry("soccer ball", U'⚽', U'⚽', front, "个", {"football"}),
      entry("basketball", U'🏀', U'🏀', front, "个"),
      entry("cat", U'🐱', U'🐈', front, "只", {"kitten"}, {"小猫"}),
      entry("dog", U'🐶', U'🐕', front, "只", {"puppy"}, {"小狗"}),
      entry("frog", U'🐸', U'🐸', front, "只", {}, {"小青蛙"}),
      entry("pig", U'🐷', U'🐖', front, "头", {"piglet"}, {"小猪"}),
      entry("panda", U'🐼', U'🐼', front, "只", {}, {"大熊猫"}),
      entry("chick", U'🐤', U'🐤', left, "只"),
      entry("duck", U'🦆', U'🦆', left, "只", {}, {"野鸭"}),
      entry("fish", U'🐟', U'🐟', left, "条", {}, {"小鱼"}),
      entry("turtle", U'🐢', U'🐢', left, "只", {"tortoise"}, {"乌龟"}),
      entry("butterfly", U'🦋', U'🦋', front, "只"),
      entry("penguin", U'🐧', U'🐧', front, "只"),
      entry("apple", U'🍎', U'🍎', front, "个", {}, {"苹果"}),
      entry("banana", U'🍌', U'🍌', front, "根"),
      entry("strawberry", U'🍓', U'🍓', front, "颗"),
      entry("watermelon", U'🍉', U'🍉', front, "块", {"slice of watermelon"}),
      entry("pizza", U'🍕', U'🍕', front, "块", {"slice of pizza"}, {"比萨"}),
      entry("mushroom", U'🍄', U'🍄', front, "个", {"toadstool"}, {"红蘑菇"}),
      entry("sunflower", U'🌻', U'🌻', front, "朵"),
      entry("cactus", U'🌵', U'🌵', front, "棵"),
      entry("house", U'🏠', U'🏠', front, "座"),
      entry("umbrella", U'☂', U'☂', front, "把", {}, {"雨伞"}),
      // The rest of the world.
      entry("bicycle", U'🚲', U'🚲', left, "辆", {"bike"}, {"单车"}),
      entry("elephant", U'🐘', U'🐘', left, "头"),
      entry("fire engine", U'🚒', U'🚒', left, "辆", {"fire truck"}),
      entry("locomotive", U'🚂', U'🚂', left, "台", {"steam engine"}, {"火车头"}),
      entry("helicopter", U'🚁', U'🚁', left, "架"),
      entry("flying saucer", U'🛸', U'🛸', front, "个", {"UFO"}),
      entry("horse", U'🐎', U'🐎', left, "匹"),
      entry("rabbit", U'🐰', U'🐇', front, "只", {"bunny"}, {"小兔子"}),
      entry("mouse", U'🐭', U'🐁', front, "只"),
      entry("bear", U'🐻', U'🐻', front, "头"),
      entry("fox", U'🦊', U'🦊', front, "只"),
      entry("lion", U'🦁', U'🦁', front, "头", {}, {"雄狮"}),
      entry("owl", U'🦉', U'🦉', front, "只"),
      entry("bird", U'🐦', U'🐦', left, "只", {}, {"小鸟"}),
      entry("bee", U'🐝', U'🐝', left, "只"),
      entry("ladybug", U'🐞', U'🐞', front, "只", {"ladybird"}),
      entry("snail", U'🐌', U'🐌', left, "只"),
      entry("octopus", U'🐙', U'🐙', front, "只"),
      entry("crab", U'🦀', U'🦀', front, "只", {}, {"螃蟹"}),
      entry("whale", U'🐳', U'🐋', left, "头"),
      entry("dolphin", U'🐬', U'🐬', left, "只"),
      entry("tree", U'🌲', U'🌲', front, "棵", {"fir tree"}),
      entry("rose", U'🌹', U'🌹', front, "朵", {"red rose"}),
      entry("pumpkin", U'🎃', U'🎃', front, "个", {}, {"南瓜"}),
      entry("pineapple", U'🍍', U'🍍', front, "个", {}, {"凤梨"}),
      entry("carrot", U'🥕', U'🥕', front, "根"),
      entry("lemon", U'🍋', U'🍋', front, "个"),
      entry("doughnut", U'🍩', U'🍩', front, "个", {"donut"}),
      entry("teddy bear", U'🧸', U'🧸', front, "只", {"teddy"}, {"玩具熊"}),
      entry("gift", U'🎁', U'🎁', front, "份", {"present"}),
      entry("alarm clock", U'⏰', U'⏰', front, "个", {"clock"}),
      entry("key", U'🔑', U'🔑', front, "把"),
      entry("crown", U'👑', U'👑', front, "顶"),
      entry("guitar", U'🎸', U'🎸', front, "把"),
      entry("bell", U'🔔', U'🔔', front, "个", {"golden bell"}),
  };
}

}  // namespace

const std::vector<Emoji>& emoji() {
  static const std::vector<Emoji> all = table();
  return all;
}

}  // namespace zoetrope::world
