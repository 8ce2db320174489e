#include "zoetrope/training/mixture.h"

#include <cstdio>
#include <sstream>

#include "zoetrope/base/error.h"
#include "zoetrope/base/random.h"

namespace zoetrope::training {

std::vector<Bucket> parse_mixture(const std::string& text) {
  constexpr double max_weight = 1e6, max_batch = 1e9;  // pixels
  std::vector<Bucket> mixture;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, ',');) {
    Bucket bucket;
    int end = 0;
    int read = std::sscanf(word.c_str(), " %ldx%ldx%ld:%ld:%lf %n", &bucket.shape.width, &bucket.shape.height, &bucket.shape.frames,
                           &bucket.batch, &bucket.weight, &end);
    if (read != 5 || end != static_cast<int>(word.size()) || bucket.batch < 1 || !(bucket.weight > 0 && bucket.weight <= max_weight))
      throw base::UsageError("'{}' is not a bucket of a mixture; write width x height x frames:batch:weight, as in 96x96x33:8:1", word);
    if (bucket.shape.width % 16 != 0 || bucket.shape.height % 16 != 0 || bucket.shape.width < 16 || bucket.shape.height < 16 ||
        bucket.shape.frames < 1 || bucket.shape.frames % 4 != 1)
      throw base::UsageError("'{}' cannot be trained on: sides must be multiples of 16 and frames 4k+1", word);
    const double pixels = 1.0 * bucket.batch * bucket.shape.frames * bucket.shape.width * bucket.shape.height;
    if (pixels > max_batch)
      throw base::UsageError("'{}' has {:.0e} pixels per batch, at most {:.0e} are possible", word, pixels, max_batch);
    mixture.push_back(bucket);
  }
  if (mixture.empty())
    throw base::UsageError("the mixture '{}' has no buckets; write width x height x frames:batch:weight, as in 96x96x33:8:1", text);
  return mixture;
}

MixtureSchedule::MixtureSchedule(const std::vector<Bucket>& mixture, uint64_t seed) : seed_(seed) {
  double total = 0, sum = 0;
  for (const Bucket& bucket : mixture) total += bucket.weight;
  for (const Bucket& bucket : mixture) bounds_.push_back((sum += bucket.weight) / total);
}

size_t MixtureSchedule::bucket(int64_t step) const {
  double at = static_cast<double>(base::derive_seed({seed_, 4, static_cast<uint64_t>(step)}) >> 11) * 0x1p-53;
  size_t bucket = 0;
  while (bucket + 1 < bounds_.size() && at >= bounds_[bucket]) ++bucket;
  return bucket;
}

int64_t MixtureSchedule::batches_before(int64_t step, size_t wanted) const {
  int64_t count = 0;
  for (int64_t i = 0; i < step; ++i) count += bucket(i) == wanted;
  return count;
}

}  // namespace zoetrope::training
