#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "zoetrope/base/tensor.h"

namespace zoetrope::provenance {

/// An invisible mark in the luma of frames: spread spectrum (Cox et al. 1997) over the two lowest waves of every block of 8 x 8 pixels,
/// across and down, whose signs repeat over the frame as a tile of 64 x 64 pixels (Kalker et al. 1999) and are the same in every frame.
/// Half of the tile's 128 signs are known to who has the key: they are looked for, wherever a cut has moved them. The others hold the 64
/// bits of a payload. Low waves survive coding and scaling; what stands still is kept by video codecs; and the detector needs no original.
class Watermark {
 public:
  static constexpr int64_t block = 8, tile = 64, blocks = tile / block, waves = 2, signs = blocks * blocks * waves;
  static constexpr uint64_t public_key = 0x7a6f6574726f7065;  // so that everybody can look for marks of this program
  /// Of each wave, in levels of 255 (orthonormal): frames change by 42.6 dB.
  static constexpr double amplitude = 10.7;
  /// What a cosine between the signs looked for and those found must reach; docs/provenance.md has how often chance does.
  static constexpr double known_threshold = .64, expected_threshold = .50;

  explicit Watermark(uint64_t key = public_key);

  /// What is added to red, green and blue of every frame of a size: [H,W] fp32.
  Tensor pattern(uint64_t payload, int64_t height, int64_t width) const;

  struct Detection {
    bool found;
    double score;      // the cosine
    uint64_t payload;  // whose single bits may be wrong where much was lost
  };
  /// Looks for a mark in frames [n,H,W,3] uint8 of a clip: any, or one of an `expected` payload, which less is enough for.
  Detection detect(const Tensor& frames, std::optional<uint64_t> expected = std::nullopt) const;

 private:
  std::vector<float> signs_of(uint64_t payload) const;

  Tensor waves_;                      // [waves,8,8], orthonormal
  std::array<float, signs> base_;     // by block row, block column, wave
  std::array<int8_t, signs> bit_of_;  // which bit of the payload turns the sign; -1 for those that are always known
};

/// Frames [n,H,W,3] uint8 with a pattern [H,W] added, as far as pixels were generated: `generated` [n,H,W] fp32 is 0 where a pixel was
/// given, which stays as it is, and 1 where all of it was made; undefined: all.
Tensor add_pattern(const Tensor& frames, const Tensor& pattern, const Tensor& generated);

}  // namespace zoetrope::provenance
