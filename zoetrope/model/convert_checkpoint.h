#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "zoetrope/base/progress.h"
#include "zoetrope/tensor/lora.h"

namespace zoetrope::model {

/// What is to become of a model's files.
struct Conversion {
  enum class Layout { as_it_is, diffusers, original, gguf };

  Layout layout = Layout::as_it_is;
  std::optional<at::ScalarType> dtype = {};  // of floating-point tensors; as they are where none is given
  /// Of the matrices in a GGUF file: of a denoiser those of its blocks, of a text encoder all but the tables of distances. Others, and
  /// those whose rows are no whole number of blocks, are fp32. Null for bf16.
  const tensor::BlockType* blocks = nullptr;
  size_t shard_bytes = size_t{5} << 30;
  std::vector<tensor::LoraSpec> loras = {};  // to be merged into a denoiser
};

/// Converts a component (its folder, or its file) or a whole model folder to `out`, which appears whole or not at all: a new folder, or a
/// file, over one that is there. In the layout of diffusers a component is a folder with config.json and shards; in the original one it is
/// a single file, and a model is a folder of those, NAME.safetensors. A GGUF file is made of a denoiser or a text encoder alone, with the
/// original names or those of llama.cpp. What is no component with weights (tokenizers, schedulers) is copied. A file with a whole model,
/// as ComfyUI's prefixes tell, is taken apart into its components where a layout is asked for. Tensors whose dtype stays keep every bit.
/// It ends between two tensors when `observer` is cancelled. Returns sentences on what of the files is not used.
std::vector<std::string> convert_checkpoint(const std::filesystem::path& in, const std::filesystem::path& out, const Conversion& conversion,
                                            base::Observer& observer);

}  // namespace zoetrope::model
