// The parts of Wan2.1 1.3B at two sizes, with the weights of the folder ZOETROPE_BENCH_WAN (transformer/, vae/ and text_encoder/).
// bench/wan.py makes such a folder of random weights, runs this program and diffusers side by side and prints the ratios.
#include <cstdlib>
#include <filesystem>
#include <functional>

#include <benchmark/benchmark.h>

#include "bench/peak_memory.h"
#include "zoetrope/autoencoder/wan/autoencoder.h"
#include "zoetrope/base/memory.h"
#include "zoetrope/base/random.h"
#include "zoetrope/tensor/build_model.h"
#include "zoetrope/text/t5.h"
#include "zoetrope/transformer/wan/denoiser.h"

namespace zoetrope {
namespace {

const bool memory_set_up = (base::configure_allocator(), true);  // as the program does, before the first tensor

std::filesystem::path folder() {
  const char* path = std::getenv("ZOETROPE_BENCH_WAN");
  return path == nullptr ? "" : path;
}

tensor::Placement placement() { return tensor::parse_placement("cpu", "auto"); }

const transformer::wan::Denoiser& denoiser() {
  static const transformer::wan::Denoiser model = [] {
    tensor::Checkpoint checkpoint(folder() / "transformer", placement());
    auto config = transformer::wan::Config::from_json(tensor::read_config(folder() / "transformer"));
    return tensor::build_model(checkpoint, [&](tensor::Weights w) { return transformer::wan::Denoiser(w, config); });
  }();
  return model;
}

const autoencoder::wan::Autoencoder& autoencoder() {
  static const autoencoder::wan::Autoencoder model = [] {
    tensor::Checkpoint checkpoint(folder() / "vae", placement());
    checkpoint.cast_weights();
    auto config = autoencoder::wan::Config::from_json(tensor::read_config(folder() / "vae"));
    return tensor::build_model(checkpoint, [&](tensor::Weights w) { return autoencoder::wan::Autoencoder(w, config); });
  }();
  return model;
}

const text::T5Encoder& text_encoder() {
  static tensor::Checkpoint checkpoint(folder() / "text_encoder", placement());
  static const text::T5Encoder model = [] {
    auto config = text::T5Config::from_json(tensor::read_config(folder() / "text_encoder"));
    return tensor::build_model(checkpoint, [&](tensor::Weights w) { return text::T5Encoder(w, config); }, {"encoder.embed_tokens.weight"});
  }();
  return model;
}

constexpr int64_t prompt = 64;  // tokens

Tensor draw(at::IntArrayRef shape) {
  at::Generator generator = base::generator(0);
  return base::randn(shape, generator);
}

/// Whether there are weights to measure with; if not, the bench is skipped with a sentence.
bool has_weights(benchmark::State& state) {
  if (folder().empty()) state.SkipWithError("set ZOETROPE_BENCH_WAN to a folder of weights, or run bench/wan.py");
  return !folder().empty();
}

/// The first run, which reads the weights from the disk, does not count.
void measure(benchmark::State& state, const std::function<Tensor()>& run) {
  run();
  PeakMemory peak;
  for (auto _ : state) benchmark::DoNotOptimize(run());
  state.counters["peak_bytes"] = peak.bytes();
}

/// One evaluation in a run, or as a run of its own; arguments: latent frames, height and width in cells, tokens of the prompt.
void forward(benchmark::State& state, bool once) {
  if (!has_weights(state)) return;
  at::NoGradGuard no_grad;
  const int64_t t = state.range(0), h = state.range(1), w = state.range(2), tokens = state.range(3);
  Tensor latents = draw({1, 16, t, h, w});
  transformer::Conditioning text{{draw({1, tokens, denoiser().config().text_width}), at::ones({1, tokens}, at::kLong)}};
  auto timesteps = transformer::TokenTimesteps::uniform(at::full({1}, 500.0));
  auto run = denoiser().begin(text, denoiser().layout(t, h, w));
  measure(state, [&] { return once ? denoiser().predict_once(latents, timesteps, text) : denoiser().predict(latents, timesteps, *run); });
}

void BM_Forward(benchmark::State& state) { forward(state, /*once=*/false); }
void BM_ForwardOnce(benchmark::State& state) { forward(state, /*once=*/true); }

void BM_Decode(benchmark::State& state) {
  if (!has_weights(state)) return;
  at::NoGradGuard no_grad;
  Tensor latents = draw({1, 16, state.range(0), state.range(1), state.range(2)});
  measure(state, [&] { return autoencoder().decode(latents); });
}

void BM_Encode(benchmark::State& state) {
  if (!has_weights(state)) return;
  at::NoGradGuard no_grad;
  Tensor frames = draw({1, 3, 4 * state.range(0) - 3, 8 * state.range(1), 8 * state.range(2)}).clamp(-1, 1);
  measure(state, [&] { return autoencoder().encode(frames); });
}

/// A prompt; argument: its tokens.
void BM_Text(benchmark::State& state) {
  if (!has_weights(state)) return;
  at::NoGradGuard no_grad;
  Tensor tokens = at::full({1, state.range(0)}, 7, at::kLong);
  measure(state, [&] { return text_encoder()(tokens, at::ones_like(tokens)); });
}

BENCHMARK(BM_Forward)
    ->Args({3, 32, 32, prompt})
    ->Args({5, 60, 104, prompt})
    ->Args({21, 60, 104, prompt})
    ->Args({3, 32, 32, 512})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(1);
BENCHMARK(BM_ForwardOnce)->Args({3, 32, 32, prompt})->Args({3, 32, 32, 512})->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);
BENCHMARK(BM_Decode)->Args({3, 32, 32})->Args({2, 60, 104})->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);
BENCHMARK(BM_Encode)->Args({3, 32, 32})->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);
BENCHMARK(BM_Text)->Arg(64)->Arg(512)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

}  // namespace
}  // namespace zoetrope
