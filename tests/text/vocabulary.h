#pragma once
#include <string>
#include <vector>

namespace zoetrope::text {

/// Captions in two languages, enough to learn a small vocabulary from.
inline std::vector<std::string> captions() {
  std::vector<std::string> out;
  const std::vector<std::vector<std::string>> objects = {{"a red ball", "红色的球"},     {"a blue cube", "蓝色的方块"},
                                                         {"a yellow car", "黄色的汽车"}, {"a green frog", "绿色的青蛙"},
                                                         {"a white horse", "白色的马"},  {"a dog", "一只狗"}};
  const std::vector<std::vector<std::string>> motions = {
      {"rolls over", "滚过"}, {"bounces on", "弹跳在"}, {"slides across", "滑过"}, {"falls on", "落在"}};
  const std::vector<std::vector<std::string>> scenes = {
      {"a sunny beach", "阳光沙滩"}, {"a snowy field", "雪地"}, {"the night street", "夜晚的街道"}, {"a meadow", "草地"}};
  for (const auto& object : objects) {
    for (const auto& motion : motions) {
      for (const auto& scene : scenes) {
        out.push_back(object[0] + " " + motion[0] + " " + scene[0] + ".");
        out.push_back(object[1] + motion[1] + scene[1] + "。");
      }
    }
  }
  return out;
}

}  // namespace zoetrope::text
