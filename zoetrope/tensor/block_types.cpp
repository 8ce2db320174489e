#include "zoetrope/tensor/block_types.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include <c10/util/Half.h>

namespace zoetrope::tensor {
namespace {

constexpr int64_t small = 32, large = 256;  // numbers of a block; the large ones are the k-quants, in groups with scales of their own
constexpr int64_t half = small / 2;         // of a block whose halves share bytes

uint8_t byte_at(const std::byte* bytes, int64_t index) { return std::to_integer<uint8_t>(bytes[index]); }

float half_at(const std::byte* bytes) {
  uint16_t bits;
  std::memcpy(&bits, bytes, sizeof(bits));
  return c10::detail::fp16_ieee_to_fp32_value(bits);
}

void put_half(float value, std::byte* bytes) {
  const uint16_t bits = c10::detail::fp16_ieee_from_fp32_value(value);
  std::memcpy(bytes, &bits, sizeof(bits));
}

uint32_t word_at(const std::byte* bytes) {
  uint32_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

// ---- 32 numbers: a scale d, for some a least value m, and the numbers in 4, 5 or 8 bits ------------------

void read_q8_0(const std::byte* block, int64_t count, float* x) {
  for (; count > 0; --count, block += 34, x += small) {
    const float d = half_at(block);
    const auto* q = reinterpret_cast<const int8_t*>(block + 2);
    for (int64_t i = 0; i < small; ++i) x[i] = static_cast<float>(q[i]) * d;
  }
}

/// The fifth bits of `small` numbers, or none.
template <bool has_fifth>
uint32_t fifth_bits(const std::byte*& block) {
  if constexpr (!has_fifth) return 0;
  const uint32_t bits = word_at(block);
  block += sizeof(bits);
  return bits;
}

/// q4_0, and q5_0 with a fifth bit: d * (q - 8), d * (q - 16).
template <bool has_fifth>
void read_symmetric(const std::byte* block, int64_t count, float* x) {
  constexpr int zero = has_fifth ? 16 : 8;
  for (; count > 0; --count, block += half, x += small) {
    const float d = half_at(block);
    block += 2;
    const uint32_t fifth = fifth_bits<has_fifth>(block);
    for (int64_t i = 0; i < half; ++i) {
      const int q = byte_at(block, i);
      const int low = (q & 15) | static_cast<int>((fifth >> i & 1) << 4), high = q >> 4 | static_cast<int>((fifth >> (i + half) & 1) << 4);
      x[i] = d * static_cast<float>(low - zero);
      x[i + half] = d * static_cast<float>(high - zero);
    }
  }
}

/// q4_1, and q5_1 with a fifth bit: d * q + m.
template <bool has_fifth>
void read_affine(const std::byte* block, int64_t count, float* x) {
  for (; count > 0; --count, block += half, x += small) {
    const float d = half_at(block), m = half_at(block + 2);
    block += 4;
    const uint32_t fifth = fifth_bits<has_fifth>(block);
    for (int64_t i = 0; i < half; ++i) {
      const int q = byte_at(block, i);
      const int low = (q & 15) | static_cast<int>((fifth >> i & 1) << 4), high = q >> 4 | static_cast<int>((fifth >> (i + half) & 1) << 4);
      x[i] = d * static_cast<float>(low) + m;
      x[i + half] = d * static_cast<float>(high) + m;
    }
  }
}

// ---- 256 numbers: groups whose scales are stored in few bits, too ---------------------------------------

/// The scale and the least value of group `g` of eight, in 6 bits each, out of 12 bytes.
std::pair<int, int> scale_and_least(const std::byte* packed, int64_t g) {
  if (g < 4) return {byte_at(packed, g) & 63, byte_at(packed, g + 4) & 63};
  const int both = byte_at(packed, g + 4);
  return {(both & 15) | (byte_at(packed, g - 4) >> 2 & 48), both >> 4 | (byte_at(packed, g) >> 2 & 48)};
}

/// q4_k, and q5_k with a fifth bit: d * scale * q - dmin * least, in eight groups of 32.
template <bool has_fifth>
void read_k(const std::byte* block, int64_t count, float* x) {
  constexpr int64_t groups = 8, group = 32, packed = 12;
  for (; count > 0; --count) {
    const float d = half_at(block), dmin = half_at(block + 2);
    const std::byte *scales = block + 4, *fifth = scales + packed, *q = has_fifth ? fifth + group : fifth;
    for (int64_t g = 0; g < groups; ++g, x += group) {
      const auto [scale, least] = scale_and_least(scales, g);
      const float step = d * static_cast<float>(scale), offset = dmin * static_cast<float>(least);
      const int shift = g % 2 == 0 ? 0 : 4;
      for (int64_t i = 0; i < group; ++i) {
        int number = byte_at(q, g / 2 * group + i) >> shift & 15;
        if constexpr (has_fifth) number |= (byte_at(fifth, i) >> g & 1) << 4;
        x[i] = step * static_cast<float>(number) - offset;
      }
    }
    block = q + groups / 2 * group;
  }
}

/// q6_k: d * scale * (q - 32) in sixteen groups of 16, four bits of each number apart from the other two.
void read_q6_k(const std::byte* block, int64_t count, float* x) {
  constexpr int64_t run = 32, zero = 32;
  for (; count > 0; --count, block += 210) {
    const std::byte *low = block, *high = block + 128;
    const auto* scales = reinterpret_cast<const int8_t*>(block + 192);
    const float d = half_at(block + 208);
    for (int64_t r = 0; r < large / run; ++r, x += run) {  // the runs of each half: low and low, high and high nibbles of 64 bytes
      const int64_t h = r / 4, k = r % 4;
      for (int64_t i = 0; i < run; ++i) {
        const int nibble = byte_at(low, h * 64 + k % 2 * run + i) >> (k / 2 * 4) & 15;
        const int number = nibble | (byte_at(high, h * run + i) >> (2 * k) & 3) << 4;
        x[i] = d * static_cast<float>(scales[r * 2 + i / 16]) * static_cast<float>(number - zero);
      }
    }
  }
}

// ---- writing ---------------------------------------------------------------------------------------------

void write_q8_0(const float* x, int64_t count, std::byte* block) {
  for (; count > 0; --count, block += 34, x += small) {
    float most = 0;
    for (int64_t i = 0; i < small; ++i) most = std::max(most, std::abs(x[i]));
    const float d = most / 127, inverse = d == 0 ? 0 : 1 / d;
    put_half(d, block);
    auto* q = reinterpret_cast<int8_t*>(block + 2);
    for (int64_t i = 0; i < small; ++i) q[i] = static_cast<int8_t>(std::round(x[i] * inverse));  // away from zero where two are as near
  }
}

/// The number that is farthest from 0 becomes the lowest one.
template <bool has_fifth>
void write_symmetric(const float* x, int64_t count, std::byte* block) {
  constexpr int zero = has_fifth ? 16 : 8;
  for (; count > 0; --count, block += half, x += small) {
    const float farthest = *std::max_element(x, x + small, [](float a, float b) { return std::abs(a) < std::abs(b); });
    const float d = farthest / -zero, inverse = d == 0 ? 0 : 1 / d;
    std::array<int, small> q{};
    for (int64_t i = 0; i < small; ++i) q[i] = std::min(static_cast<int>(x[i] * inverse + (zero + .5f)), 2 * zero - 1);
    put_half(d, block);
    block += 2;
    if constexpr (has_fifth) {
      uint32_t fifth = 0;
      for (int64_t i = 0; i < small; ++i) fifth |= static_cast<uint32_t>(q[i] >> 4) << i;
      std::memcpy(block, &fifth, sizeof(fifth));
      block += sizeof(fifth);
    }
    for (int64_t i = 0; i < half; ++i) block[i] = static_cast<std::byte>((q[i] & 15) | (q[i + half] & 15) << 4);
  }
}

constexpr std::array<BlockType, 8> types{{{"q8_0", small, 34, read_q8_0, write_q8_0},
                                          {"q6_k", large, 210, read_q6_k},
                                          {"q5_k", large, 176, read_k<true>},
                                          {"q4_k", large, 144, read_k<false>},
                                          {"q5_0", small, 22, read_symmetric<true>, write_symmetric<true>},
                                          {"q5_1", small, 24, read_affine<true>},
                                          {"q4_0", small, 18, read_symmetric<false>, write_symmetric<false>},
                                          {"q4_1", small, 20, read_affine<false>}}};

}  // namespace

std::span<const BlockType> block_types() { return types; }

const BlockType* find_block_type(const char* name) {
  auto found = std::ranges::find_if(types, [&](const BlockType& type) { return std::strcmp(type.name, name) == 0; });
  return found == types.end() ? nullptr : &*found;
}

}  // namespace zoetrope::tensor
