#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {
namespace {

/// A studio backdrop without anything on it.
Scene plain(const std::string& colour, const std::string& zh) {
  std::vector<std::string> at = {"on a plain " + colour + " background", "against a plain " + colour + " background", "in front of a " + colour + " wall"};
  return {"plain " + colour, false, .82, .97, at, at, at, {"纯" + zh + "背景前", zh + "的背景上"}, {zh + "的背景"}};
}

}  // namespace

const std::vector<Scene>& scenes() {
  static const std::vector<Scene> all = {
      {"meadow", true, .72, .92, {"in a meadow", "on green grass", "in a grassy field"}, {"across a meadow", "across a green field"},
       {"over a meadow", "above a green field"}, {"草地上", "草原上", "绿色的草地上"}, {"草地", "草原"}},
      {"beach", true, .78, .93, {"on a beach", "on a sandy beach", "at the seaside"}, {"across a beach", "along a sandy beach"},
       {"over a beach", "above the seashore"}, {"沙滩上", "海滩上", "海边"}, {"沙滩", "海滩"}},
      {"street", true, .82, .94, {"on a city street", "in a street", "in the city"}, {"along a city street", "down a street"},
       {"over a city street", "above a street"}, {"街道上", "城市街道上", "马路上"}, {"街道", "马路"}},
      {"room", false, .8, .94, {"in a room", "inside a room", "indoors"}, {"across a room", "across the floor of a room"}, {"through a room", "across a room"},
       {"房间里", "屋子里", "室内"}, {"房间", "屋子"}},
      {"desert", true, .74, .92, {"in the desert", "among sand dunes", "in a sandy desert"}, {"across the desert", "across the dunes"},
       {"over the desert", "above sand dunes"}, {"沙漠里", "沙漠中", "沙丘上"}, {"沙漠", "沙丘"}},
      {"snow", true, .72, .92, {"in the snow", "on a snowy field", "in a snowy landscape"}, {"across a snowy field", "across the snow"},
       {"over a snowy field", "above the snow"}, {"雪地里", "雪地上", "冰天雪地里"}, {"雪地", "雪原"}},
      {"forest", true, .78, .93, {"in a forest", "in the woods", "among trees"}, {"through a forest", "through the woods"},
       {"through a forest", "through the woods"}, {"森林里", "树林里", "林间"}, {"森林", "树林"}},
      {"underwater", false, .8, .94, {"under water", "under the sea", "on the seabed"}, {"across the seabed", "along the bottom of the sea"},
       {"over the seabed", "through the sea"}, {"海底", "水下", "海里"}, {"海底", "水底"}},
      plain("grey", "灰色"),
      plain("pink", "粉色"),
      // Beyond the shipped model's part of the world.
      {"mountains", true, .76, .93, {"in the mountains", "in front of mountains"}, {"across a mountain pass", "past high mountains"},
       {"over the mountains", "above the mountains"}, {"群山前", "山里", "大山脚下"}, {"山谷", "群山"}},
      {"moon", false, .74, .93, {"on the moon", "on the surface of the moon"}, {"across the moon", "across the lunar surface"},
       {"over the moon", "above the surface of the moon"}, {"月球上", "月球表面上"}, {"月球", "月球表面"}},
      plain("cream", "米色"),
      plain("turquoise", "青绿色"),
  };
  return all;
}

}  // namespace zoetrope::world
