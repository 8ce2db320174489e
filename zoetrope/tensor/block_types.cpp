#include "zoetrope/tensor/block_types.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

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

// Eight numbers at a time, one in each byte of a word.

constexpr int64_t eight = 8;

uint64_t eight_at(const std::byte* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

void put_eight(uint64_t numbers, int8_t* to) { std::memcpy(to, &numbers, sizeof(numbers)); }

/// The same number in each byte.
constexpr uint64_t each(uint64_t number) { return number * 0x0101010101010101; }

/// Numbers of so many bits, less half of what these hold: those below it have the bits of negative numbers.
template <int bits>
uint64_t less_half(uint64_t numbers) {
  constexpr uint64_t zero = uint64_t{1} << (bits - 1), above = 256 - 2 * zero;
  const uint64_t flipped = numbers ^ each(zero);
  return flipped | (flipped & each(zero)) / zero * above;
}

/// Eight bits as the fifth ones of eight numbers.
uint64_t fifth_bits(uint32_t bits) {
  const uint64_t apart = each(bits & 255) & 0x8040201008040201;  // bit i in byte i
  return ((apart + each(127)) & each(128)) >> 3;
}

/// Fills `Unpacked` block by block.
struct Filler {
  explicit Filler(Unpacked& to) : numbers(to.numbers), steps(to.steps), offsets(to.offsets) {}

  /// The next `count` numbers, a multiple of 16, have this step and offset; their place.
  int8_t* next(int64_t count, float step, float offset = 0) {
    for (int64_t i = 0; i < count; i += Unpacked::group) *steps++ = step, *offsets++ = offset;
    return std::exchange(numbers, numbers + count);
  }

  int8_t* numbers;
  float *steps, *offsets;
};

// ---- 32 numbers: a scale d, for some a least value m, and the numbers in 4, 5 or 8 bits ------------------

void unpack_q8_0(const std::byte* block, int64_t count, Unpacked& to) {
  Filler filler(to);
  for (; count > 0; --count, block += 34) std::memcpy(filler.next(small, half_at(block)), block + 2, small);
}

/// Halves of `small` numbers that share bytes; with fifth bits, which stand before them, or without.
template <bool has_fifth, bool is_signed>
void unpack_nibbles(const std::byte* block, int8_t* to) {
  const uint32_t fifth = has_fifth ? word_at(block) : 0;
  const std::byte* q = block + (has_fifth ? sizeof(fifth) : 0);
  for (int64_t i = 0; i < small; i += eight) {
    uint64_t numbers = eight_at(q + i % half) >> (i < half ? 0 : 4) & each(15);
    if constexpr (has_fifth) numbers |= fifth_bits(fifth >> i);
    if constexpr (is_signed) numbers = less_half < has_fifth ? 5 : 4 > (numbers);
    put_eight(numbers, to + i);
  }
}

/// q4_0, and q5_0 with a fifth bit: d * (q - 8), d * (q - 16).
template <bool has_fifth>
void unpack_symmetric(const std::byte* block, int64_t count, Unpacked& to) {
  Filler filler(to);
  for (; count > 0; --count, block += has_fifth ? 22 : 18)
    unpack_nibbles<has_fifth, /*is_signed=*/true>(block + 2, filler.next(small, half_at(block)));
}

/// q4_1, and q5_1 with a fifth bit: d * q + m.
template <bool has_fifth>
void unpack_affine(const std::byte* block, int64_t count, Unpacked& to) {
  Filler filler(to);
  for (; count > 0; --count, block += has_fifth ? 24 : 20)
    unpack_nibbles<has_fifth, /*is_signed=*/false>(block + 4, filler.next(small, half_at(block), -half_at(block + 2)));
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
void unpack_k(const std::byte* block, int64_t count, Unpacked& to) {
  constexpr int64_t groups = 8, group = 32, packed = 12;
  Filler filler(to);
  for (; count > 0; --count) {
    const float d = half_at(block), dmin = half_at(block + 2);
    const std::byte *scales = block + 4, *fifth = scales + packed, *q = has_fifth ? fifth + group : fifth;
    for (int64_t g = 0; g < groups; ++g) {
      const auto [scale, least] = scale_and_least(scales, g);
      int8_t* x = filler.next(group, d * static_cast<float>(scale), dmin * static_cast<float>(least));
      const std::byte* pair = q + g / 2 * group;
      const int shift = g % 2 == 0 ? 0 : 4, bit = static_cast<int>(g);
      for (int64_t i = 0; i < group; i += eight) {
        uint64_t numbers = eight_at(pair + i) >> shift & each(15);
        if constexpr (has_fifth) numbers |= (eight_at(fifth + i) >> bit & each(1)) << 4;
        put_eight(numbers, x + i);
      }
    }
    block = q + groups / 2 * group;
  }
}

/// q6_k: d * scale * (q - 32) in sixteen groups of 16, four bits of each number apart from the other two.
void unpack_q6_k(const std::byte* block, int64_t count, Unpacked& to) {
  constexpr int64_t run = 32, group = 16;
  Filler filler(to);
  for (; count > 0; --count, block += 210) {
    const std::byte *low = block, *high = block + 128;
    const auto* scales = reinterpret_cast<const int8_t*>(block + 192);
    const float d = half_at(block + 208);
    for (int64_t r = 0; r < large / run; ++r) {  // the runs of each half: low and low, high and high nibbles of 64 bytes
      const int64_t h = r / 4, k = r % 4;
      const int nibble = static_cast<int>(k / 2 * 4), pair = static_cast<int>(2 * k);
      for (int64_t g = 0; g < run; g += group) {
        int8_t* x = filler.next(group, d * static_cast<float>(scales[(r * run + g) / group]));
        const std::byte *of_low = low + h * 64 + k % 2 * run + g, *of_high = high + h * run + g;
        for (int64_t i = 0; i < group; i += eight) {
          const uint64_t four = eight_at(of_low + i) >> nibble & each(15), two = eight_at(of_high + i) >> pair & each(3);
          put_eight(less_half<6>(four | two << 4), x + i);
        }
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

constexpr std::array<BlockType, 8> types{{{"q8_0", small, 34, unpack_q8_0, write_q8_0},
                                          {"q6_k", large, 210, unpack_q6_k},
                                          {"q5_k", large, 176, unpack_k<true>},
                                          {"q4_k", large, 144, unpack_k<false>},
                                          {"q5_0", small, 22, unpack_symmetric<true>, write_symmetric<true>},
                                          {"q5_1", small, 24, unpack_affine<true>},
                                          {"q4_0", small, 18, unpack_symmetric<false>, write_symmetric<false>},
                                          {"q4_1", small, 20, unpack_affine<false>}}};

}  // namespace

std::span<const BlockType> block_types() { return types; }

const BlockType* find_block_type(const char* name) {
  auto found = std::ranges::find_if(types, [&](const BlockType& type) { return std::strcmp(type.name, name) == 0; });
  return found == types.end() ? nullptr : &*found;
}

}  // namespace zoetrope::tensor
