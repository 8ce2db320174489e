#pragma once
#include <c10/util/BFloat16.h>

#include "zoetrope/tensor/block_types.h"

namespace zoetrope::tensor {

/// What a processor can do with many numbers at once.
enum class Vectors { none, avx2, avx512_bf16 };

/// The best of them on this processor.
Vectors this_processor();

/// The numbers of `count` blocks in fp32, bit for bit as the package `gguf` reads them: the same with any vectors that the processor has.
void dequantize(const BlockType& type, const std::byte* blocks, int64_t count, float* numbers, Vectors vectors = this_processor());

/// Rounds to the nearest number in bf16, to the even one where two are as near: the same with any vectors.
void round_to_bf16(const float* numbers, int64_t count, c10::BFloat16* rounded, Vectors vectors = this_processor());

}  // namespace zoetrope::tensor
