#include "zoetrope/model/model_files.h"

#include <algorithm>

#include "zoetrope/autoencoder/wan/keys.h"
#include "zoetrope/base/error.h"
#include "zoetrope/text/t5_keys.h"

namespace zoetrope::model {

bool ModelFiles::has(const std::string& name) const {
  return parts.contains(name) || (!folder.empty() && std::filesystem::exists(folder / name));
}

std::string ModelFiles::unused() const {
  for (const auto& [name, path] : parts)
    if (!asked_.contains(name)) return name;
  return "";
}

tensor::Checkpoint ModelFiles::open(const std::string& name) const {
  std::filesystem::path path = component(name);
  auto& opened = opened_[name];
  if (!opened) opened = std::make_shared<const tensor::Checkpoint>(path);
  return *opened;
}

std::filesystem::path ModelFiles::component(const std::string& name) const {
  asked_.insert(name);
  if (auto part = parts.find(name); part != parts.end()) return part->second;
  if (!folder.empty()) return folder / name;
  throw base::InvalidRequest(name, "is needed: give its file, or a whole model folder");
}

std::unique_ptr<text::TextEncoder> load_text_encoder(const ModelFiles& files, int64_t limit, const tensor::Placement& placement) {
  tensor::Checkpoint encoder = files.open("text_encoder");
  encoder.place(placement);
  std::optional<std::filesystem::path> tokenizer;
  if (files.parts.contains("tokenizer") || !text::has_vocabulary(encoder)) tokenizer = files.component("tokenizer");
  return std::make_unique<text::T5TextEncoder>(tokenizer, std::move(encoder), limit);
}

std::vector<std::string> other_parts_in(const std::filesystem::path& file) {
  const std::vector<std::string> names = tensor::Checkpoint(file).names();
  auto has = [&](const std::vector<std::string>& prefixes) {
    return std::ranges::any_of(names, [&](const std::string& name) { return tensor::starts_with_any(name, prefixes); });
  };
  std::vector<std::string> parts;
  if (has(autoencoder::wan::comfyui_prefixes())) parts.emplace_back("vae");
  if (has(text::comfyui_prefixes())) parts.emplace_back("text_encoder");
  return parts;
}

std::string first_denoiser_notice(const tensor::LoraSpec& lora) {
  return fmt::format(
      "{} changes the first of the two denoisers alone, which is used while there is much noise; the second takes LoRA files of its own",
      lora.file.string());
}

}  // namespace zoetrope::model
