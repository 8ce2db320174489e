#include "zoetrope/generation/saved_run.h"

#include "zoetrope/base/error.h"
#include "zoetrope/base/json.h"
#include "zoetrope/media/metadata.h"
#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::generation {
namespace {

constexpr const char *state_key = "zoetrope_run", *state_schema = "zoetrope/run/1";

void write(const SavedRun& run, const std::filesystem::path& file) {
  std::map<std::string, Tensor> tensors{{"x", run.state.x}};
  if (run.clip.defined()) tensors["clip"] = run.clip;
  if (run.state.generator.defined()) tensors["generator"] = run.state.generator;
  for (size_t i = 0; i < run.state.memory.size(); ++i) tensors[fmt::format("memory.{}", i)] = run.state.memory[i];
  base::Json state{{"schema", state_schema}, {"pass", run.pass}, {"steps_done", run.state.steps_done}};
  tensor::write_safetensors(file, tensors, {{media::metadata_key, run.request}, {state_key, state.dump()}});
}

}  // namespace

SavedRun read_saved_run(const std::filesystem::path& path) {
  tensor::SafetensorsFile file(path);
  auto state = file.metadata().find(state_key), request = file.metadata().find(media::metadata_key);
  base::Json json = state == file.metadata().end() ? base::Json() : base::Json::parse(state->second, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.value("schema", "") != state_schema || request == file.metadata().end() || !file.has("x"))
    throw base::UsageError("'{}' is not the file of an unfinished clip: those are called OUT.latents.safetensors", path.string());
  SavedRun run{.request = request->second, .pass = json.at("pass"), .state = {.steps_done = json.at("steps_done"), .x = file.tensor("x")}};
  if (file.has("clip")) run.clip = file.tensor("clip");
  if (file.has("generator")) run.state.generator = file.tensor("generator").clone();
  for (int64_t i = 0; file.has(fmt::format("memory.{}", i)); ++i) run.state.memory.push_back(file.tensor(fmt::format("memory.{}", i)));
  if (run.pass > 0 && !run.clip.defined()) throw base::Error("'{}' lacks the latents of its clip", path.string());
  return run;
}

void RunKeeper::after_step(const SampleState& state, bool is_last) {
  if (saving_.file.empty()) return;
  const Clock::time_point now = Clock::now();
  auto seconds_since = [&](Clock::time_point then) { return std::chrono::duration<double>(now - then).count(); };
  const bool due = seconds_since(last_step_) >= saving_.long_step || seconds_since(saved_) >= saving_.interval ||
                   (is_last && seconds_since(begun_) >= saving_.long_step);
  if (due) {
    write({request_, std::ssize(made_), made_.empty() ? Tensor() : made(), state}, saving_.file);
    saved_ = Clock::now();
  }
  last_step_ = Clock::now();
}

}  // namespace zoetrope::generation
