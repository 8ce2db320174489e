#pragma once
#include <string>
#include <vector>

#include "zoetrope/data/dataset.h"

namespace zoetrope::training {

/// Clips of one shape, their batch size, and the weight with which their batches are drawn.
struct Bucket {
  data::ClipShape shape;
  int64_t batch = 1;
  double weight = 1;
};

/// Parses "96x96x1:64:3,96x96x33:8:1": width x height x frames, batch, weight; a `UsageError` names the bucket that is wrong.
std::vector<Bucket> parse_mixture(const std::string& text);

/// The bucket of each step, decided by the seed, and how many batches of a bucket come before a step.
class MixtureSchedule {
 public:
  MixtureSchedule(const std::vector<Bucket>& mixture, uint64_t seed);
  size_t bucket(int64_t step) const;
  int64_t batches_before(int64_t step, size_t bucket) const;

 private:
  std::vector<double> bounds_;  // upper bounds of the buckets in [0,1)
  uint64_t seed_;
};

}  // namespace zoetrope::training
