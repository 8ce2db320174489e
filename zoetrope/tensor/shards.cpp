#include "zoetrope/tensor/shards.h"

#include "zoetrope/base/files.h"
#include "zoetrope/base/json.h"

namespace zoetrope::tensor {

void write_shards(const std::filesystem::path& folder, const std::string& stem, const std::map<std::string, TensorToWrite>& tensors,
                  size_t limit) {
  const std::map<std::string, std::string> metadata{{"format", "pt"}};
  std::vector<std::map<std::string, TensorToWrite>> shards(1);
  size_t filled = 0, total = 0;
  for (const auto& [name, tensor] : tensors) {
    if (!shards.back().empty() && filled + tensor.bytes() > limit) {
      shards.emplace_back();
      filled = 0;
    }
    shards.back()[name] = tensor;
    filled += tensor.bytes();
    total += tensor.bytes();
  }
  if (shards.size() == 1) return write_safetensors(folder / (stem + ".safetensors"), tensors, metadata);

  base::Json index{{"metadata", {{"total_size", total}}}, {"weight_map", base::Json::object()}};
  for (size_t i = 0; i < shards.size(); ++i) {
    std::string file = fmt::format("{}-{:05}-of-{:05}.safetensors", stem, i + 1, shards.size());
    write_safetensors(folder / file, shards[i], metadata);
    for (const auto& [name, tensor] : shards[i]) index["weight_map"][name] = file;
  }
  base::write_file(folder / (stem + ".safetensors.index.json"), index.dump(2) + "\n");
}

}  // namespace zoetrope::tensor
