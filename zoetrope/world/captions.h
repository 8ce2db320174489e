#pragma once
#include "zoetrope/world/scenario.h"

namespace zoetrope::world {

/// A caption in English and in Chinese.
struct Captions {
  std::string en, zh;
};

/// Describes a scenario: "a red triangle rolls to the right across a snowy field", "一只小狗从左向右飞过沙滩". The seed chooses
/// among many phrasings and synonyms; the same seed gives the same caption. Captions of single images omit the motion half of the time,
/// and those of steered clips always.
Captions caption(const Scenario& scenario, uint64_t seed);

}  // namespace zoetrope::world
