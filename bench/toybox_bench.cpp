// Where the seconds of a default clip go. `playback` is the clip's own length divided by the time: above 1 is faster than real time.
//   ZOETROPE_BENCH_MODEL=FOLDER   another model than toybox
#include <cstdlib>
#include <filesystem>

#include <benchmark/benchmark.h>

#include "zoetrope/base/random.h"
#include "zoetrope/generation/check.h"
#include "zoetrope/generation/generate.h"
#include "zoetrope/generation/output_file.h"
#include "zoetrope/model/find_model.h"
#include "zoetrope/model/model.h"

namespace zoetrope {
namespace {

struct Fixture {
  std::filesystem::path folder = model::find_model(std::getenv("ZOETROPE_BENCH_MODEL") ? std::getenv("ZOETROPE_BENCH_MODEL") : "toybox");
  model::Model loaded = model::Model::load(folder, tensor::parse_placement("cpu", "auto"));
  const model::Components& model = loaded.components();
  generation::Request request = generation::default_request(loaded);
  Tensor latents, frames;

  Fixture() {
    at::NoGradGuard no_grad;
    request.prompt = "a red circle flies across a meadow";
    autoencoder::Geometry g = model.autoencoder->geometry();
    at::Generator generator = base::generator(0);
    latents = base::randn({1, g.channels, g.latent_frames(request.frames), request.height / g.space, request.width / g.space}, generator);
    frames = model.autoencoder->decode(latents);
  }
  double seconds() const { return static_cast<double>(request.frames) / request.fps.value(); }
};

const Fixture& fixture() {
  static const Fixture fixture;
  return fixture;
}

void against_playback(benchmark::State& state) {
  state.counters["playback"] = benchmark::Counter(fixture().seconds(), benchmark::Counter::kIsIterationInvariantRate);
}

void BM_Prompt(benchmark::State& state) {
  at::NoGradGuard no_grad;
  for (auto _ : state) benchmark::DoNotOptimize(fixture().model.text->encode({fixture().request.prompt, ""}));
  against_playback(state);
}

/// What the denoiser is shown: both branches of guidance in one batch.
struct Evaluation {
  const transformer::Denoiser& denoiser = *fixture().model.denoiser;
  transformer::Conditioning conditioning{fixture().model.text->encode({fixture().request.prompt, ""})};
  Tensor latents = fixture().latents.expand({2, -1, -1, -1, -1});
  transformer::TokenTimesteps timesteps = transformer::TokenTimesteps::uniform(at::full({2}, 0.5));
};

/// One evaluation of the denoiser: a default clip takes `steps` of them.
void BM_DenoiserStep(benchmark::State& state) {
  at::NoGradGuard no_grad;
  const Evaluation e;
  auto run = e.denoiser.begin(e.conditioning, e.denoiser.layout(e.latents.size(2), e.latents.size(3), e.latents.size(4)));
  for (auto _ : state) benchmark::DoNotOptimize(e.denoiser.predict(e.latents, e.timesteps, *run));
}

/// The same as a run of its own, which computes all that the steps of a run share.
void BM_DenoiserOnce(benchmark::State& state) {
  at::NoGradGuard no_grad;
  const Evaluation e;
  for (auto _ : state) benchmark::DoNotOptimize(e.denoiser.predict_once(e.latents, e.timesteps, e.conditioning));
}

void BM_Decode(benchmark::State& state) {
  at::NoGradGuard no_grad;
  for (auto _ : state) benchmark::DoNotOptimize(fixture().model.autoencoder->decode(fixture().latents));
  against_playback(state);
}

void BM_Encode(benchmark::State& state) {
  at::NoGradGuard no_grad;
  for (auto _ : state) benchmark::DoNotOptimize(fixture().model.autoencoder->encode(fixture().frames));
  against_playback(state);
}

void BM_WriteMp4(benchmark::State& state) {
  const Fixture& f = fixture();
  Tensor unit = autoencoder::to_unit_range(f.frames);
  std::filesystem::path path = std::filesystem::temp_directory_path() / fmt::format("zoetrope-bench-{}.mp4", ::getpid());
  for (auto _ : state) {
    auto file = generation::open_output(path, {f.request.width, f.request.height, f.request.fps}, "{}");
    file->frames(unit);
    file->finish();
  }
  std::filesystem::remove(path);
  against_playback(state);
}

void BM_WholeClip(benchmark::State& state) {
  base::Observer silent;
  for (auto _ : state) {
    generation::CollectingSink sink;
    generation::generate(fixture().request, fixture().loaded, sink, silent);
  }
  against_playback(state);
}

BENCHMARK(BM_Prompt)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_DenoiserStep)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_DenoiserOnce)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_Decode)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_Encode)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_WriteMp4)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(BM_WholeClip)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace zoetrope
