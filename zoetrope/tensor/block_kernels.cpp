#include "zoetrope/tensor/block_kernels.h"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace zoetrope::tensor {
namespace {

constexpr int64_t group = Unpacked::group;

// Products are rounded before an offset is subtracted from them: no fused multiplication here.

void scale_plain(const Unpacked& from, int64_t groups, float* x) {
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t i = 0; i < group; ++i) {
      const float product = from.steps[g] * static_cast<float>(from.numbers[g * group + i]);
      x[g * group + i] = product - from.offsets[g];
    }
}

void round_plain(const float* numbers, int64_t count, c10::BFloat16* rounded) {
  for (int64_t i = 0; i < count; ++i) rounded[i] = numbers[i];
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) void scale_avx2(const Unpacked& from, int64_t groups, float* x) {
  constexpr int64_t width = 8;
  for (int64_t g = 0; g < groups; ++g) {
    const __m256 step = _mm256_set1_ps(from.steps[g]), offset = _mm256_set1_ps(from.offsets[g]);
    for (int64_t i = g * group; i < (g + 1) * group; i += width) {
      const __m256i q = _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from.numbers + i)));
      _mm256_storeu_ps(x + i, _mm256_sub_ps(_mm256_mul_ps(step, _mm256_cvtepi32_ps(q)), offset));
    }
  }
}

constexpr __mmask16 all = 0xffff;  // the plain forms of these conversions warn of an uninitialised value in GCC 12 (its bug 105593)

__attribute__((target("avx512f"))) void scale_avx512(const Unpacked& from, int64_t groups, float* x) {
  for (int64_t g = 0; g < groups; ++g) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from.numbers + g * group));
    const __m512 q = _mm512_maskz_cvtepi32_ps(all, _mm512_maskz_cvtepi8_epi32(all, bytes));
    _mm512_storeu_ps(x + g * group, _mm512_sub_ps(_mm512_mul_ps(_mm512_set1_ps(from.steps[g]), q), _mm512_set1_ps(from.offsets[g])));
  }
}

__attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16"))) void round_avx512(const float* numbers, int64_t count,
                                                                                  c10::BFloat16* rounded) {
  constexpr int64_t width = 16;
  int64_t i = 0;
  for (; i + width <= count; i += width) {
    const __m256bh some = _mm512_cvtneps_pbh(_mm512_loadu_ps(numbers + i));
    std::memcpy(rounded + i, &some, sizeof(some));
  }
  round_plain(numbers + i, count - i, rounded + i);
}

#endif

using Scale = void (*)(const Unpacked& from, int64_t groups, float* numbers);

Scale scale_with([[maybe_unused]] Vectors vectors) {
#if defined(__x86_64__)
  if (vectors == Vectors::avx512_bf16) return scale_avx512;
  if (vectors == Vectors::avx2) return scale_avx2;
#endif
  return scale_plain;
}

}  // namespace

Vectors this_processor() {
#if defined(__x86_64__)
  static const bool bf16 = __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  static const Vectors best = bf16 ? Vectors::avx512_bf16 : __builtin_cpu_supports("avx2") ? Vectors::avx2 : Vectors::none;
  return best;
#else
  return Vectors::none;
#endif
}

void dequantize(const BlockType& type, const std::byte* blocks, int64_t count, float* numbers, Vectors vectors) {
  const Scale scale = scale_with(vectors);
  const int64_t most = Unpacked::size / type.numbers;
  Unpacked some;
  for (int64_t done = 0; done < count; done += most) {
    const int64_t now = std::min(most, count - done);
    type.unpack(blocks + done * static_cast<int64_t>(type.bytes), now, some);
    scale(some, now * type.numbers / group, numbers + done * type.numbers);
  }
}

void round_to_bf16(const float* numbers, int64_t count, c10::BFloat16* rounded, [[maybe_unused]] Vectors vectors) {
#if defined(__x86_64__)
  if (vectors == Vectors::avx512_bf16) return round_avx512(numbers, count, rounded);
#endif
  round_plain(numbers, count, rounded);
}

}  // namespace zoetrope::tensor
