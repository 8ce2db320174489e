#include "zoetrope/model/model.h"

#include <algorithm>
#include <fstream>

#include "zoetrope/base/error.h"
#include "zoetrope/base/hash.h"

namespace zoetrope::model {
namespace {

namespace fs = std::filesystem;

constexpr size_t hashed_beginning = size_t{1} << 20;  // bytes of a weight file: hashing all of a large model takes too long

std::string read_beginning(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(hashed_beginning, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

/// A line for each configuration and weight file of a folder, by its name there.
std::string fingerprint_folder(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink))
    if (std::string suffix = entry.path().extension(); suffix == ".safetensors" || suffix == ".json" || suffix == ".model")
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::string all;
  for (const fs::path& file : files)
    all += fmt::format("{} {} {}\n", file.lexically_relative(folder).string(), fs::file_size(file), base::sha256(read_beginning(file)));
  return all;
}

std::string fingerprint_files(const ModelFiles& files) {
  std::string all = files.folder.empty() ? "" : fingerprint_folder(files.folder);
  for (const auto& [name, path] : files.parts)
    all += fs::is_directory(path) ? name + "\n" + fingerprint_folder(path)
                                  : fmt::format("{} {} {}\n", name, fs::file_size(path), base::sha256(read_beginning(path)));
  for (const auto& [name, loras] : files.loras)
    for (const tensor::LoraSpec& lora : loras)
      all += fmt::format("{} + {} * {}\n", name, lora.scale, base::sha256(read_beginning(lora.file)));
  return base::sha256(all);
}

}  // namespace

Model Model::load(const ModelFiles& files, const tensor::Placement& placement) {
  const Family& family = family_of(files);
  if (!files.loras.empty() && !family.takes_loras)
    throw base::InvalidRequest("lora", "cannot be used: models of the family '{}' do not take LoRA files", family.name);
  for (const auto& [name, loras] : files.loras)
    if (!files.has(name)) throw base::UsageError("'{}' is for a {}, which this model does not have", loras.front().file.string(), name);
  try {
    Components components = family.load(files, placement);
    if (std::string part = files.unused(); !part.empty())
      throw base::UsageError("this model has no {}, so '{}' would not be used; omit it", part, files.parts.at(part).string());
    if (files.loras.contains("transformer") && files.has("transformer_2") && !files.loras.contains("transformer_2"))
      components.notices.push_back(first_denoiser_notice(files.loras.at("transformer").front()));
    return Model(family, family.defaults(files), std::move(components), fingerprint_files(files), placement);
  } catch (const base::Json::exception& wrong) {  // a missing key, a value of another type
    throw base::Error("the configuration of the model in '{}' is invalid: {}", files.folder.string(), wrong.what());
  }
}

}  // namespace zoetrope::model
