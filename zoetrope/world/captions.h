#pragma once
#include "zoetrope/world/scenario.h"

namespace zoetrope::world {

/// One sentence about a scenario in English and in Chinese.
struct Captions {
  std::string en, zh;
};

/// Says what there is and happens: "a red triangle rolls to the right across a snowy field", "一只小狗从左向右飞过沙滩". The seed chooses
/// among many phrasings and synonyms; the same seed always says the same. A single picture's caption leaves the motion out half of the
/// time.
Captions describe(const Scenario& scenario, uint64_t seed);

}  // namespace zoetrope::world
