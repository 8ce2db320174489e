#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/tensor/lora.h"
#include "zoetrope/text/t5_text_encoder.h"

namespace zoetrope::model {

/// Where the components of a model are: in a folder in the layout of diffusers, in a file each, or both; then the files count.
struct ModelFiles {
  std::filesystem::path folder;                        // empty where all components are files
  std::map<std::string, std::filesystem::path> parts;  // by name: transformer, transformer_2, vae, text_encoder, tokenizer, image_encoder
  std::map<std::string, std::vector<tensor::LoraSpec>> loras = {};  // by the name of the denoiser that they change

  ModelFiles(std::filesystem::path folder, std::map<std::string, std::filesystem::path> parts = {})
      : folder(std::move(folder)), parts(std::move(parts)) {}

  bool has(const std::string& name) const;
  /// The component's folder or file, or an error that says how to give one.
  std::filesystem::path component(const std::string& name) const;
  /// The component's weights, mapped in the dtypes of the file. Its header is read once, however often it is opened: each copy has names
  /// and a memory of what was asked for of its own.
  tensor::Checkpoint open(const std::string& name) const;
  /// A part that nobody has asked for with `component`; empty where there is none.
  std::string unused() const;

 private:
  mutable std::set<std::string> asked_;
  mutable std::map<std::string, std::shared_ptr<const tensor::Checkpoint>> opened_;
};

/// The text encoder of a model, whose prompts are cut to `limit` tokens. Its tokenizer is the one that is given as a part; else the one
/// that the encoder's file holds, and else that of the folder.
std::unique_ptr<text::TextEncoder> load_text_encoder(const ModelFiles& files, int64_t limit, const tensor::Placement& placement);

/// The parts that a file with a whole model holds besides the denoiser, by ComfyUI's prefixes: vae, text_encoder.
std::vector<std::string> other_parts_in(const std::filesystem::path& file);

/// That LoRA files for the first of two denoisers do not change the second.
std::string first_denoiser_notice(const tensor::LoraSpec& lora);

}  // namespace zoetrope::model
