#include "cli/aliases.h"

#include <algorithm>
#include <map>
#include <optional>

#include "zoetrope/base/error.h"

namespace zoetrope::cli {
namespace {

const std::map<std::string, std::string>& aliases() {
  static const std::map<std::string, std::string> all = [] {
    const std::pair<const char*, std::vector<const char*>> flags[] = {
        {"prompt-file", {"prompt-path", "from-file"}},
        {"negative-prompt", {"neg-prompt"}},
        {"aspect", {"aspect-ratio"}},
        {"frames", {"frame-num", "num-frames", "video-length", "video-frames"}},
        {"steps", {"sample-steps", "num-inference-steps", "num-sampling-steps", "inference-steps", "infer-steps"}},
        {"guidance", {"cfg", "cfg-scale", "guidance-scale", "sample-guide-scale", "video-cfg-guidance-scale"}},
        {"guidance-2", {"guidance-scale-2"}},
        {"shift", {"sample-shift", "flow-shift"}},
        {"timesteps", {"dmd-denoising-steps", "denoising-step-list"}},
        {"sampler", {"sample-solver", "flow-solver", "solver", "sampling-method"}},
        {"seed", {"base-seed"}},
        {"output", {"save-file", "save-path", "output-path"}},
        {"model", {"ckpt-dir", "ckpt-path", "checkpoint-path", "model-path", "model-id"}},
        {"transformer", {"dit", "dit-weight", "diffusion-model"}},
        {"text-encoder", {"t5", "t5xxl"}},
        {"lora", {"lora-path", "lora-weight"}},
        {"image", {"first-frame", "image-path", "init-img"}},
        {"last-image", {"last-frame", "end-image", "end-img", "end-image-path"}},
        {"video", {"video-path"}},
    };
    std::map<std::string, std::string> all;
    for (const auto& [ours, others] : flags)
      for (const char* other : others) all[other] = ours;
    return all;
  }();
  return all;
}

/// The short flags of stable-diffusion.cpp.
const std::map<std::string, std::string>& short_aliases() {
  static const std::map<std::string, std::string> all{
      {"-W", "--width"}, {"-H", "--height"}, {"-s", "--seed"}, {"-i", "--image"}, {"-n", "--negative-prompt"}};
  return all;
}

/// The name of a long flag, and its value with '=' before it, if it is in the same word.
std::pair<std::string, std::string> split(const std::string& word) {
  const size_t equals = std::min(word.find('='), word.size());
  std::string name = word.substr(2, equals - 2);
  std::ranges::replace(name, '_', '-');
  return {name, word.substr(equals)};
}

/// The first word that is neither a flag nor the file of --config, the one flag of the program itself that has a value.
std::string command_of(const std::vector<std::string>& words) {
  for (size_t i = 0; i < words.size(); ++i)
    if (!words[i].starts_with("-") && (i == 0 || words[i - 1] != "--config")) return words[i];
  return "";
}

}  // namespace

std::string our_flag(std::string name) {
  std::ranges::replace(name, '_', '-');
  auto found = aliases().find(name);
  return found == aliases().end() ? name : found->second;
}

std::vector<std::string> use_our_flags(const std::vector<std::string>& words) {
  const bool generates = command_of(words) == "generate";
  std::vector<std::string> ours;
  std::map<std::string, std::string> sides;
  for (size_t i = 0; i < words.size(); ++i) {
    std::string word = words[i];
    if (word == "--") {
      ours.insert(ours.end(), words.begin() + static_cast<ptrdiff_t>(i), words.end());
      break;
    }
    if (auto found = short_aliases().find(word); generates && found != short_aliases().end()) word = found->second;
    if (!word.starts_with("--")) {
      ours.push_back(words[i]);
      continue;
    }
    auto [name, value] = split(word);
    if (generates && (name == "width" || name == "height")) {
      if (value.empty() && i + 1 < words.size()) value = "=" + words[++i];
      sides[name] = value.empty() ? "" : value.substr(1);
      continue;
    }
    ours.push_back("--" + (generates ? our_flag(name) : name) + value);
  }
  if (sides.size() == 1)
    throw base::UsageError("--{} needs --{} as well; or give both as --size WxH", sides.begin()->first,
                           sides.begin()->first == "width" ? "height" : "width");
  if (!sides.empty()) {
    ours.push_back("--size");
    ours.push_back(sides["width"] + "x" + sides["height"]);
  }
  return ours;
}

}  // namespace zoetrope::cli
