// Matrices in the blocks of GGUF: how fast they become numbers, and what that costs a linear layer of Wan 1.3B beside one in bf16.
#include <benchmark/benchmark.h>

#include "zoetrope/base/random.h"
#include "zoetrope/tensor/block_kernels.h"
#include "zoetrope/tensor/linear.h"
#include "zoetrope/tensor/quantized.h"

namespace zoetrope::tensor {
namespace {

constexpr int64_t in_width = 1536, out_width = 8960;

/// Blocks of some numbers: of zeros for types that cannot be written, since the time does not depend on them.
Tensor blocks_of(const BlockType& type, int64_t rows) {
  at::Generator generator = base::generator(1);
  if (type.quantize != nullptr) return quantize(base::randn({rows, in_width}, generator), type);
  return at::zeros({rows, static_cast<int64_t>(type.row_bytes(in_width))}, at::kByte);
}

void dequantize_rows(benchmark::State& state) {
  const BlockType& type = block_types()[state.range(0)];
  Tensor blocks = blocks_of(type, 512);
  for (auto _ : state) benchmark::DoNotOptimize(dequantize(blocks, type));
  state.SetItemsProcessed(state.iterations() * 512 * in_width);
  state.SetLabel(type.name);
}
BENCHMARK(dequantize_rows)->DenseRange(0, 7)->UseRealTime();

/// Arguments: 0 for the plain code, 1 for the best of this processor; the type.
void kernel(benchmark::State& state) {
  const BlockType& type = block_types()[state.range(1)];
  const Vectors vectors = state.range(0) == 0 ? Vectors::none : this_processor();
  Tensor blocks = blocks_of(type, 2), numbers = at::empty({2, in_width});
  for (auto _ : state) {
    dequantize(type, static_cast<const std::byte*>(blocks.const_data_ptr()), 2 * in_width / type.numbers, numbers.data_ptr<float>(),
               vectors);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * 2 * in_width);
  state.SetLabel(type.name);
}
BENCHMARK(kernel)->ArgsProduct({{0, 1}, {0, 1, 2, 3, 4, 5, 6, 7}});

/// Arguments: tokens; the compute dtype, 0 for fp32 and 1 for bf16; the type of the blocks, or -1 for bf16 weights.
void linear_layer(benchmark::State& state) {
  at::NoGradGuard no_grad;
  at::Generator generator = base::generator(2);
  const at::ScalarType dtype = state.range(1) == 0 ? at::kFloat : at::kBFloat16;
  Tensor x = base::randn({state.range(0), in_width}, generator).to(dtype);
  if (state.range(2) < 0) {
    Tensor weight = base::randn({out_width, in_width}, generator).to(at::kBFloat16);
    for (auto _ : state) benchmark::DoNotOptimize(tensor::linear(x, weight, {}));
    state.SetLabel("bf16 weight");
  } else {
    const BlockType& type = block_types()[state.range(2)];
    QuantizedLinear layer(blocks_of(type, out_width), type, {});
    for (auto _ : state) benchmark::DoNotOptimize(layer.apply(x));
    state.SetLabel(type.name);
  }
  state.counters["GFLOP/s"] =
      benchmark::Counter(2e-9 * static_cast<double>(state.range(0) * in_width * out_width), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(linear_layer)->ArgsProduct({{64, 512, 1560}, {0, 1}, {-1, 0, 3}})->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace zoetrope::tensor
