#include "zoetrope/training/mix.h"

#include <cstdio>
#include <sstream>

#include "zoetrope/base/error.h"
#include "zoetrope/base/random.h"

namespace zoetrope::training {

std::vector<MixPart> parse_mix(const std::string& text) {
  constexpr double largest_share = 1e6, largest_batch = 1e9;  // pixels
  std::vector<MixPart> mix;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, ',');) {
    MixPart part;
    int end = 0;
    int read = std::sscanf(word.c_str(), " %ldx%ldx%ld:%ld:%lf %n", &part.shape.width, &part.shape.height, &part.shape.frames, &part.batch,
                           &part.share, &end);
    if (read != 5 || end != static_cast<int>(word.size()) || part.batch < 1 || !(part.share > 0 && part.share <= largest_share))
      throw base::UsageError("'{}' is no part of a mix; write width x height x frames:batch:share, as in 96x96x33:8:1", word);
    if (part.shape.width % 16 != 0 || part.shape.height % 16 != 0 || part.shape.width < 16 || part.shape.height < 16 ||
        part.shape.frames < 1 || part.shape.frames % 4 != 1)
      throw base::UsageError("'{}' cannot be trained on: sides are multiples of 16 and frames 4k+1", word);
    const double pixels = 1.0 * part.batch * part.shape.frames * part.shape.width * part.shape.height;
    if (pixels > largest_batch)
      throw base::UsageError("'{}' asks for {:.0e} pixels a batch, at most {:.0e} are possible", word, pixels, largest_batch);
    mix.push_back(part);
  }
  if (mix.empty()) throw base::UsageError("the mix '{}' has no parts; write width x height x frames:batch:share, as in 96x96x33:8:1", text);
  return mix;
}

MixSchedule::MixSchedule(const std::vector<MixPart>& mix, uint64_t seed) : seed_(seed) {
  double total = 0, sum = 0;
  for (const MixPart& part : mix) total += part.share;
  for (const MixPart& part : mix) bounds_.push_back((sum += part.share) / total);
}

size_t MixSchedule::part(int64_t step) const {
  double at = static_cast<double>(base::mix_seeds({seed_, 4, static_cast<uint64_t>(step)}) >> 11) * 0x1p-53;
  size_t part = 0;
  while (part + 1 < bounds_.size() && at >= bounds_[part]) ++part;
  return part;
}

int64_t MixSchedule::batches_before(int64_t step, size_t wanted) const {
  int64_t count = 0;
  for (int64_t i = 0; i < step; ++i) count += part(i) == wanted;
  return count;
}

}  // namespace zoetrope::training
