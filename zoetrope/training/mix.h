#pragma once
#include <string>
#include <vector>

#include "zoetrope/data/source.h"

namespace zoetrope::training {

/// Clips of one shape, how many of them make a batch, and how often such a batch comes.
struct MixPart {
  data::ClipShape shape;
  int64_t batch = 1;
  double share = 1;
};

/// Reads "96x96x1:64:3,96x96x33:8:1": width x height x frames, batch, share; a `UsageError` names the part that is wrong.
std::vector<MixPart> parse_mix(const std::string& text);

/// Which part of a mix each step trains on, decided by the seed, and how many batches of a part came before a step.
class MixSchedule {
 public:
  MixSchedule(const std::vector<MixPart>& mix, uint64_t seed);
  size_t part(int64_t step) const;
  int64_t batches_before(int64_t step, size_t part) const;

 private:
  std::vector<double> bounds_;  // upper bounds of the parts in [0,1)
  uint64_t seed_;
};

}  // namespace zoetrope::training
