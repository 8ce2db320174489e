#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {

const std::vector<Motion>& motions() {
  using enum Motion::Ground;
  static const std::vector<Motion> all = {
      {"falls", false, 1, at, {"falls down", "drops to the ground", "falls from above"}, {"falling down", "dropping to the ground", "falling from above"},
       {"掉下来", "落到地上", "从上面落下"}, {}},
      {"bounces", false, 1, at, {"bounces up and down", "bounces", "keeps bouncing"}, {"bouncing up and down", "bouncing", "bouncing again and again"},
       {"上下弹跳", "弹跳", "一下一下地弹起来"}, {}},
      {"rolls", true, 1, across, {"rolls {d}", "rolls slowly {d}"}, {"rolling {d}", "rolling slowly {d}"}, {"{d}滚动", "{d}滚", "{d}慢慢滚动"}, {"{d}滚过{g}"}},
      {"slides", true, 1, across, {"slides {d}", "slides {d} and slows down"}, {"sliding {d}", "sliding {d} and slowing down"},
       {"{d}滑行", "{d}滑动", "{d}滑去"}, {"{d}滑过{g}"}},
      {"flies", true, 1, over, {"flies {d}", "soars {d}"}, {"flying {d}", "soaring {d}"}, {"{d}飞", "{d}飞行", "{d}飞去"},
       {"{d}飞过{g}"}},
      {"floats", false, 1, over, {"floats up", "rises slowly", "floats upwards"}, {"floating up", "rising slowly", "floating upwards"},
       {"慢慢飘起来", "向上飘", "缓缓上升"}, {}},
      {"spins", false, 1, at, {"spins", "spins around", "turns around and around"}, {"spinning", "spinning around", "turning around and around"},
       {"原地旋转", "不停地转圈", "旋转"}, {}},
      {"grows", false, 1, at, {"grows", "gets bigger", "grows larger"}, {"growing", "getting bigger", "growing larger"}, {"变大", "慢慢变大", "越来越大"}, {}},
      {"shrinks", false, 1, at, {"shrinks", "gets smaller", "shrinks slowly"}, {"shrinking", "getting smaller", "slowly shrinking"},
       {"变小", "慢慢缩小", "越来越小"}, {}},
      {"hops", true, 1, across, {"hops {d}", "jumps {d}"}, {"hopping {d}", "jumping {d}"}, {"{d}跳", "一蹦一跳地{d}走", "{d}蹦跳"}, {"{d}跳过{g}"}},
      // Beyond the shipped model's part of the world.
      {"topples", true, 1, at, {"topples over {d}", "tips over {d}"}, {"toppling over {d}", "tipping over {d}"}, {"{d}倒下", "{d}翻倒"}, {}},
      {"collides", true, 2, at, {"bumps into {other}", "runs into {other}", "hits {other}"}, {"bumping into {other}", "running into {other}", "hitting {other}"},
       {"撞上{other}", "撞到{other}"}, {}},
      {"stands", false, 1, at, {"stands still", "stays still", "rests"}, {"standing still", "staying still", "resting"}, {"一动不动", "静止不动", "静静地停着"}, {}},
  };
  return all;
}

}  // namespace zoetrope::world
