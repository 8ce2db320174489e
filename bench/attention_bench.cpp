// Attention forward and backward by both back ends, over lengths: where `nn::attention_backend` changes from one to the other on a CPU.
#include <benchmark/benchmark.h>

#include "bench/peak_memory.h"
#include "zoetrope/base/random.h"
#include "zoetrope/nn/attention.h"

namespace zoetrope {
namespace {

using nn::AttentionBackend;

/// Arguments: tokens, whether in bf16. Four heads of 64, one clip.
void train(benchmark::State& state, AttentionBackend backend) {
  at::Generator generator = base::generator(0);
  std::vector<Tensor> qkv;
  for (int i = 0; i < 3; ++i)
    qkv.push_back(base::randn({1, 4, state.range(0), 64}, generator).to(state.range(1) ? at::kBFloat16 : at::kFloat).requires_grad_(true));
  PeakMemory peak;
  for (auto _ : state) {
    nn::attention(qkv[0], qkv[1], qkv[2], {}, {}, backend).sum().backward();
    for (Tensor& t : qkv) t.mutable_grad() = Tensor();
  }
  state.counters["peak_bytes"] = peak.bytes();
}

/// Block-causal attention over latent frames of 64 tokens, block by block or with a bias over all of them.
template <bool by_block>
void train_causal(benchmark::State& state) {
  at::Generator generator = base::generator(0);
  const at::ScalarType dtype = state.range(1) ? at::kBFloat16 : at::kFloat;
  const int64_t tokens = state.range(0);
  std::vector<Tensor> qkv;
  for (int i = 0; i < 3; ++i) qkv.push_back(base::randn({1, 4, tokens, 64}, generator).to(dtype).requires_grad_(true));
  const nn::BlockCausal causal{64};
  Tensor frame = at::arange(tokens).div(causal.size, "floor");
  Tensor bias = at::zeros({tokens, tokens}, dtype).masked_fill_(frame.unsqueeze(0) > frame.unsqueeze(1), -30000.0);
  for (auto _ : state) {
    Tensor out = by_block ? nn::block_causal_attention(qkv[0], qkv[1], qkv[2], causal) : nn::attention(qkv[0], qkv[1], qkv[2], bias);
    out.sum().backward();
    for (Tensor& t : qkv) t.mutable_grad() = Tensor();
  }
}

void BM_CausalByBlock(benchmark::State& state) { train_causal<true>(state); }
void BM_CausalByBias(benchmark::State& state) { train_causal<false>(state); }

void clips(benchmark::internal::Benchmark* bench) {
  for (int64_t bf16 : {0, 1})
    for (int64_t tokens : {9 * 64, 17 * 64}) bench->Args({tokens, bf16});
  bench->ArgNames({"tokens", "bf16"})->Unit(benchmark::kMillisecond)->UseRealTime();
}

void BM_Plain(benchmark::State& state) { train(state, AttentionBackend::plain); }
void BM_Fused(benchmark::State& state) { train(state, AttentionBackend::fused); }

void lengths(benchmark::internal::Benchmark* bench) {
  for (int64_t bf16 : {0, 1})
    for (int64_t tokens : {144, 576, 1152, 2304, 4608, 9216}) bench->Args({tokens, bf16});
  bench->ArgNames({"tokens", "bf16"})->Unit(benchmark::kMillisecond)->UseRealTime();
}

BENCHMARK(BM_Plain)->Apply(lengths);
BENCHMARK(BM_Fused)->Apply(lengths);
BENCHMARK(BM_CausalByBlock)->Apply(clips);
BENCHMARK(BM_CausalByBias)->Apply(clips);

}  // namespace
}  // namespace zoetrope
