// Written by tools/emoji_names.py from the annotations of Unicode CLDR (Unicode License, see NOTICE). Do not edit.
#include "zoetrope/base/error.h"
#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {

const CldrName& cldr_name(char32_t character) {
  // clang-format off
  static const CldrName names[] = {
      {U'⏰', "alarm clock", "闹钟"},
      {U'☂', "umbrella", "伞"},
      {U'⚽', "soccer ball", "足球"},
      {U'⛵', "sailboat", "帆船"},
      {U'✈', "airplane", "飞机"},
      {U'🌲', "evergreen tree", "松树"},
      {U'🌵', "cactus", "仙人掌"},
      {U'🌹', "rose", "玫瑰"},
      {U'🌻', "sunflower", "向日葵"},
      {U'🍄', "mushroom", "蘑菇"},
      {U'🍉', "watermelon", "西瓜"},
      {U'🍋', "lemon", "柠檬"},
      {U'🍌', "banana", "香蕉"},
      {U'🍍', "pineapple", "菠萝"},
      {U'🍎', "red apple", "红苹果"},
      {U'🍓', "strawberry", "草莓"},
      {U'🍕', "pizza", "披萨"},
      {U'🍩', "doughnut", "甜甜圈"},
      {U'🎁', "wrapped gift", "礼物"},
      {U'🎃', "jack-o-lantern", "南瓜灯"},
      {U'🎈', "balloon", "气球"},
      {U'🎸', "guitar", "吉他"},
      {U'🏀', "basketball", "篮球"},
      {U'🏠', "house", "房子"},
      {U'🐁', "mouse", "老鼠"},
      {U'🐇', "rabbit", "兔子"},
      {U'🐈', "cat", "猫"},
      {U'🐋', "whale", "鲸鱼"},
      {U'🐌', "snail", "蜗牛"},
      {U'🐎', "horse", "马"},
      {U'🐕', "dog", "狗"},
      {U'🐖', "pig", "猪"},
      {U'🐘', "elephant", "大象"},
      {U'🐙', "octopus", "章鱼"},
      {U'🐝', "honeybee", "蜜蜂"},
      {U'🐞', "lady beetle", "瓢虫"},
      {U'🐟', "fish", "鱼"},
      {U'🐢', "turtle", "龟"},
      {U'🐤', "baby chick", "小鸡"},
      {U'🐦', "bird", "鸟"},
      {U'🐧', "penguin", "企鹅"},
      {U'🐬', "dolphin", "海豚"},
      {U'🐸', "frog", "青蛙"},
      {U'🐻', "bear", "熊"},
      {U'🐼', "panda", "熊猫"},
      {U'👑', "crown", "皇冠"},
      {U'🔑', "key", "钥匙"},
      {U'🔔', "bell", "铃铛"},
      {U'🚀', "rocket", "火箭"},
      {U'🚁', "helicopter", "直升机"},
      {U'🚂', "locomotive", "蒸汽火车"},
      {U'🚌', "bus", "公交车"},
      {U'🚒', "fire engine", "消防车"},
      {U'🚗', "automobile", "汽车"},
      {U'🚜', "tractor", "拖拉机"},
      {U'🚲', "bicycle", "自行车"},
      {U'🛸', "flying saucer", "飞碟"},
      {U'🥕', "carrot", "胡萝卜"},
      {U'🦀', "crab", "蟹"},
      {U'🦁', "lion", "狮子"},
      {U'🦆', "duck", "鸭子"},
      {U'🦉', "owl", "猫头鹰"},
      {U'🦊', "fox", "狐狸"},
      {U'🦋', "butterfly", "蝴蝶"},
      {U'🧸', "teddy bear", "泰迪熊"},
  };
  // clang-format on
  for (const CldrName& name : names)
    if (name.character == character) return name;
  throw base::Error("U+{:04X} has no name in cldr_names.cpp; run tools/emoji_names.py", static_cast<uint32_t>(character));
}

}  // namespace zoetrope::world
