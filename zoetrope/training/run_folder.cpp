#include "zoetrope/training/run_folder.h"

#include <algorithm>
#include <fcntl.h>
#include <fstream>
#include <set>
#include <sstream>
#include <unistd.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/parse_toml.h"
#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::training {
namespace {

constexpr int format_version = 2;

std::map<std::string, Tensor> read_tensors(const std::filesystem::path& path) {
  tensor::SafetensorsFile file(path);
  std::map<std::string, Tensor> tensors;
  for (const std::string& name : file.names()) tensors[name] = file.tensor(name);
  return tensors;
}

/// The name in a file, without the end of the line.
std::string read_name(const std::filesystem::path& path) {
  std::string name = base::read_file(path);
  return name.substr(0, name.find('\n'));
}

using Flags = std::set<std::string>;

/// The flags in a file, each as "name = value", except the run's own path. Numbers compare by value.
Flags read_flags(const std::string& toml, const std::filesystem::path& file) {
  Flags flags;
  for (const auto& [key, value] : base::parse_toml(toml, file)) {
    std::ostringstream stream;
    if (auto number = value.value_exact<double>())
      stream << fmt::format("{}", *number);
    else
      stream << toml::toml_formatter(value);
    if (key.str() != "run") flags.insert(fmt::format("{} = {}", key.str(), stream.str()));
  }
  return flags;
}

/// The first flag that is missing in `others`.
std::string first_missing(const Flags& flags, const Flags& others) {
  auto missing = std::find_if(flags.begin(), flags.end(), [&](const std::string& flag) { return !others.contains(flag); });
  return missing == flags.end() ? "" : *missing;
}

void sync_folder(const std::filesystem::path& folder) {
  int handle = open(folder.c_str(), O_RDONLY | O_DIRECTORY);
  if (handle < 0) return;
  fsync(handle);
  close(handle);
}

}  // namespace

RunFolder::RunFolder(std::filesystem::path folder, const std::string& config) : folder_(std::move(folder)) {
  std::filesystem::path file = folder_ / "config.toml";
  if (has_checkpoint()) {
    const Flags now = read_flags(config, file), begun = read_flags(base::read_file(file), file);
    if (now != begun) {
      const std::string before = first_missing(begun, now), after = first_missing(now, begun);
      throw base::UsageError(
          "{} was started with other flags ({}, now {}): resume with `--config {}`, or start a new run in another folder", folder_.string(),
          before.empty() ? "none" : before, after.empty() ? "none" : after, file.string());
    }
  } else {
    base::write_file(file, config);
  }
  std::filesystem::create_directories(samples());
  std::filesystem::create_directories(folder_ / "checkpoints");
}

std::string RunFolder::latest() const { return has_checkpoint() ? read_name(folder_ / "latest") : ""; }

std::optional<RunState> RunFolder::resume() const {
  if (!has_checkpoint()) return std::nullopt;
  std::filesystem::path checkpoint = folder_ / "checkpoints" / latest();
  try {
    base::Json json = base::Json::parse(base::read_file(checkpoint / "state.json"));
    if (json.at("format") != format_version)
      throw base::Error(
          "{} has format {}, this program reads format {}: use the program that wrote it, or start a new run from its weights",
          checkpoint.string(), json.at("format").dump(), format_version);
    return RunState{json.at("step"),
                    json.at("hours"),
                    json.value("flop", 0.0),  // not in older checkpoints
                    json.at("loss_sum"),
                    read_tensors(checkpoint / "parameters.safetensors"),
                    read_tensors(checkpoint / "ema.safetensors"),
                    read_tensors(checkpoint / "optimizer.safetensors")};
  } catch (const base::Json::exception&) {
    throw base::Error("{} is damaged: write the name of the previous checkpoint into {}", (checkpoint / "state.json").string(),
                      (folder_ / "latest").string());
  }
}

void RunFolder::save(const RunState& state) const {
  std::string name = fmt::format("step-{}", state.step);
  std::filesystem::path place = folder_ / "checkpoints" / name, beside = folder_ / "checkpoints" / (name + ".unfinished");
  std::filesystem::remove_all(beside);
  tensor::write_safetensors(beside / "parameters.safetensors", state.parameters);
  tensor::write_safetensors(beside / "ema.safetensors", state.ema);
  tensor::write_safetensors(beside / "optimizer.safetensors", state.optimizer);
  base::Json json{
      {"format", format_version}, {"step", state.step}, {"hours", state.hours}, {"flop", state.flop}, {"loss_sum", state.loss_sum}};
  base::write_file(beside / "state.json", json.dump(2) + "\n");
  sync_folder(beside);
  std::filesystem::remove_all(place);
  std::filesystem::rename(beside, place);
  sync_folder(place.parent_path());

  std::string before = has_checkpoint() ? read_name(folder_ / "latest") : std::string();
  base::write_file(folder_ / "latest", name);
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "checkpoints"))
    if (std::string other = entry.path().filename(); other != name && other != before) std::filesystem::remove_all(entry.path());
}

void RunFolder::log(const base::Json& line) const {
  std::ofstream file(folder_ / "metrics.jsonl", std::ios::app);
  file << line.dump() << '\n';
  if (!file.flush()) throw base::Error("{} cannot be written: is the disk full?", (folder_ / "metrics.jsonl").string());
}

void RunFolder::forget_metrics_after(int64_t step) const {
  std::filesystem::path path = folder_ / "metrics.jsonl";
  if (!std::filesystem::exists(path)) return;
  std::ifstream file(path);
  std::string kept, line;
  while (std::getline(file, line)) {
    base::Json json = base::Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (json.is_object() && json.value("step", step + 1) <= step) kept += line + '\n';
  }
  base::write_file(path, kept);
}

}  // namespace zoetrope::training
