#include "zoetrope/model/families/wan_loras.h"

#include <algorithm>
#include <regex>

#include "zoetrope/base/error.h"

namespace zoetrope::model {
namespace {

namespace fs = std::filesystem;

constexpr int64_t lightning_rank = 64;
constexpr double lightning_alpha = 8;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

LoraExpert expert_in(const std::string& name) {
  static const std::regex word("(^|[^a-z])(high|low)(noise)?([^a-z]|$)");
  bool high = false, low = false;
  const std::string text = lower(name);
  for (std::sregex_iterator found(text.begin(), text.end(), word), end; found != end; ++found) ((*found)[2] == "high" ? high : low) = true;
  return high == low ? LoraExpert::unknown : high ? LoraExpert::high_noise : LoraExpert::low_noise;
}

/// Whether a file is an update of rank 64 alone that says nothing of its alpha.
bool is_without_alpha(const fs::path& path) {
  const tensor::SafetensorsFile file(path);
  if (file.metadata().contains("lora_adapter_metadata")) return false;
  bool any = false;
  for (const std::string& name : file.names()) {
    const bool down = name.ends_with(".lora_down.weight") || name.ends_with(".lora_A.weight");
    if (!down && !name.ends_with(".lora_up.weight") && !name.ends_with(".lora_B.weight")) return false;
    const std::vector<int64_t>& shape = file.entry(name).shape;
    if (shape.size() != 2 || shape[down ? 0 : 1] != lightning_rank) return false;
    any = true;
  }
  return any;
}

bool is_lightning_without_alpha(const fs::path& path) {
  const std::string stem = lower(path.stem());
  const bool named =
      stem == "high_noise_model" || stem == "low_noise_model" || (lora_expert(path) != LoraExpert::unknown && is_distilled_lora(path));
  return named && is_without_alpha(path);
}

const std::vector<tensor::LoraSpec>& loras_of(const ModelFiles& files, const char* denoiser) {
  static const std::vector<tensor::LoraSpec> none;
  auto found = files.loras.find(denoiser);
  return found == files.loras.end() ? none : found->second;
}

}  // namespace

LoraExpert lora_expert(const fs::path& path) {
  if (LoraExpert named = expert_in(path.stem()); named != LoraExpert::unknown) return named;
  const tensor::SafetensorsFile file(path);
  for (const char* key : {"modelspec.title", "ss_output_name"})
    if (auto title = file.metadata().find(key); title != file.metadata().end())
      if (LoraExpert told = expert_in(title->second); told != LoraExpert::unknown) return told;
  return LoraExpert::unknown;
}

bool is_distilled_lora(const fs::path& path) {
  const std::string name = lower(fs::absolute(path).parent_path().filename().string() + "/" + path.stem().string());
  static const std::regex word("lightning|lightx2v|distill|4[-_ ]?steps?");
  return std::regex_search(name, word);
}

std::vector<tensor::LoraSpec> with_trained_scales(std::vector<tensor::LoraSpec> loras, std::vector<std::string>& notices) {
  for (tensor::LoraSpec& lora : loras) {
    if (lora.scale || !is_lightning_without_alpha(lora.file)) continue;
    lora.scale = lightning_alpha / static_cast<double>(lightning_rank);
    notices.push_back(fmt::format(
        "{} is a Lightning file that does not say its alpha; its scale is {}, as it was trained; FILE:SCALE chooses another one",
        lora.file.string(), *lora.scale));
  }
  return loras;
}

void check_lora_pair(const ModelFiles& files) {
  struct Side {
    const char *denoiser, *field;
    LoraExpert expert;
    const char *use, *noise;
  };
  const Side sides[] = {
      {"transformer", "lora", LoraExpert::high_noise, "the first denoiser, which is used while there is much noise", "high"},
      {"transformer_2", "lora_2", LoraExpert::low_noise, "the second denoiser, which is used at the end", "low"}};
  for (const Side& side : sides)
    for (const tensor::LoraSpec& lora : loras_of(files, side.denoiser))
      if (LoraExpert expert = lora_expert(lora.file); expert != LoraExpert::unknown && expert != side.expert)
        throw base::InvalidRequest(side.field, "is for {}, but '{}' is by its name for the other one; exchange the two, or rename the file",
                                   side.use, lora.file.string());
  for (const Side& side : {sides[1], sides[0]}) {
    const auto& here = loras_of(files, side.denoiser);
    const auto& there = loras_of(files, side.denoiser == sides[0].denoiser ? sides[1].denoiser : sides[0].denoiser);
    auto distilled = [](const tensor::LoraSpec& lora) { return is_distilled_lora(lora.file); };
    auto one_of_a_pair = [&](const tensor::LoraSpec& lora) { return distilled(lora) && lora_expert(lora.file) != LoraExpert::unknown; };
    auto alone = std::ranges::find_if(there, one_of_a_pair);
    if (alone != there.end() && std::ranges::none_of(here, distilled))
      throw base::InvalidRequest(side.field,
                                 "is needed: '{}' is one of a pair that makes a model of few steps; give the file for {} noise, too",
                                 alone->file.string(), side.noise);
  }
}

}  // namespace zoetrope::model
