#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace zoetrope::tensor {

/// Numbers taken out of blocks: number i is steps[i / 16] * numbers[i] - offsets[i / 16].
struct Unpacked {
  static constexpr int64_t size = 512, group = 16;
  alignas(64) int8_t numbers[size];
  float steps[size / group], offsets[size / group];
};

/// A way to store numbers in blocks, each of which has a scale of its own, as ggml has them (its `block_q8_0` and so on).
struct BlockType {
  const char* name;  // "q8_0"
  int64_t numbers;   // of a block
  size_t bytes;      // of a block
  /// Takes `count` blocks apart, at most as many as `Unpacked` has place for.
  void (*unpack)(const std::byte* blocks, int64_t count, Unpacked& to);
  /// Puts the numbers of `count` blocks into them, as near as the type comes, with the bytes that the package `gguf` writes. Null for types
  /// that are read alone.
  void (*quantize)(const float* numbers, int64_t count, std::byte* blocks) = nullptr;

  /// The bytes of a row of so many numbers, a multiple of `this->numbers`.
  size_t row_bytes(int64_t columns) const { return static_cast<size_t>(columns / numbers) * bytes; }
};

/// q8_0, q6_k, q5_k, q4_k, q5_0, q5_1, q4_0, q4_1.
std::span<const BlockType> block_types();

/// The type called `name`; null if there is none.
const BlockType* find_block_type(const char* name);

}  // namespace zoetrope::tensor
