#include "zoetrope/model/convert_checkpoint.h"

#include <algorithm>
#include <set>

#include <fmt/ranges.h>

#include "zoetrope/autoencoder/wan/keys.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/version.h"
#include "zoetrope/media/metadata.h"
#include "zoetrope/model/families/wan_loras.h"
#include "zoetrope/model/model_files.h"
#include "zoetrope/tensor/fp8.h"
#include "zoetrope/tensor/gguf.h"
#include "zoetrope/tensor/shards.h"
#include "zoetrope/text/t5_keys.h"
#include "zoetrope/transformer/wan/keys.h"

namespace zoetrope::model {
namespace {

namespace fs = std::filesystem;
using Layout = Conversion::Layout;

/// A kind of component that exists in two layouts.
struct Kind {
  const char* name;
  const char* component;  // its folder in a model
  const char* telling;    // a parameter, by our name, that only this kind has
  void (*use_keys)(tensor::Checkpoint&);
  const tensor::KeyStyle& (*style)(const tensor::Checkpoint&);
  base::Json (*config)(const tensor::Checkpoint&);
  const char* stem;  // of its files in the layout of diffusers
  /// How it is written as GGUF: the name of its kind there, the names of its tensors, and whether one, by our name, is a matrix to be put
  /// into blocks. None for kinds that are not.
  const char* architecture = nullptr;
  const tensor::KeyStyle& (*gguf_style)() = nullptr;
  bool (*in_blocks)(const std::string& name) = nullptr;
};

const std::vector<Kind>& kinds() {
  using Checkpoint = tensor::Checkpoint;
  static const std::vector<Kind> all{
      {"Wan denoiser", "transformer", "condition_embedder.time_proj.weight", transformer::wan::use_keys,
       [](const Checkpoint&) -> const tensor::KeyStyle& { return transformer::wan::keys(); },
       [](const Checkpoint& c) { return transformer::wan::config_of(c).to_json(); }, "diffusion_pytorch_model", "wan",
       transformer::wan::keys, [](const std::string& name) { return name.starts_with("blocks."); }},
      {"Wan autoencoder", "vae", "encoder.norm_out.gamma", autoencoder::wan::use_keys,
       [](const Checkpoint& c) -> const tensor::KeyStyle& { return autoencoder::wan::keys(autoencoder::wan::config_of(c).is_residual); },
       [](const Checkpoint& c) { return autoencoder::wan::config_of(c).to_json(); }, "diffusion_pytorch_model"},
      {"T5 encoder", "text_encoder", "encoder.final_layer_norm.weight", text::use_t5_keys,
       [](const Checkpoint&) -> const tensor::KeyStyle& { return text::t5_keys(); },
       [](const Checkpoint& c) { return text::t5_config_of(c).to_json(); }, "model", "t5encoder", text::t5_gguf_keys,
       [](const std::string& name) { return !name.ends_with("relative_attention_bias.weight"); }}};
  return all;
}

/// A component in a file of several, with our names.
struct Part {
  const Kind* kind;
  tensor::Checkpoint checkpoint;
};

/// The components in a file, by the prefixes of a whole model (ComfyUI's) where it has them.
std::vector<Part> parts_in(const tensor::Checkpoint& file) {
  std::vector<Part> parts;
  for (const Kind& kind : kinds()) {
    tensor::Checkpoint renamed = file;
    kind.use_keys(renamed);
    if (renamed.has(kind.telling)) parts.push_back({&kind, std::move(renamed)});
  }
  return parts;
}

/// Tensors of a file that are in none of its parts: how many, and some of their names.
std::string left_over(const tensor::Checkpoint& file, const std::vector<Part>& parts) {
  constexpr int64_t told = 3;
  std::set<std::string> rest;
  for (const std::string& name : file.names()) rest.insert(file.name_in_file(name));
  for (const Part& part : parts)
    for (const std::string& name : part.checkpoint.names()) rest.erase(part.checkpoint.name_in_file(name));
  if (rest.empty()) return "";
  const std::vector<std::string> names(rest.begin(), std::next(rest.begin(), std::min<int64_t>(std::ssize(rest), told)));
  return fmt::format("{}: {} of its tensors are in none of its components and are left out: {}{}", file.path(), rest.size(),
                     fmt::join(names, ", "), std::ssize(rest) > told ? ", ..." : "");
}

/// The kind of an opened component, whose parameters then have our names; null for those that exist in one layout alone.
const Kind* recognise(tensor::Checkpoint& checkpoint) {
  for (const Kind& kind : kinds()) {
    tensor::Checkpoint renamed = checkpoint;
    kind.use_keys(renamed);
    if (!renamed.has(kind.telling)) continue;
    if (renamed.names().size() < checkpoint.names().size())
      throw base::UsageError("{}: holds more than a {}; to take it apart, choose a layout", checkpoint.path(), kind.name);
    checkpoint = std::move(renamed);
    return &kind;
  }
  return nullptr;
}

std::string name_in(Layout layout, const std::string& name, const tensor::Checkpoint& checkpoint, const Kind* kind) {
  if (layout == Layout::as_it_is) return checkpoint.name_in_file(name);
  if (layout == Layout::diffusers || kind == nullptr) return name;
  auto original = kind->style(checkpoint).to_original(name);
  if (!original && (tensor::is_fp8_hint(name) || name == text::vocabulary_key)) return name;  // in ComfyUI's files, besides the parameters
  if (!original) throw base::Error("{}: '{}' has no name in the original layout", checkpoint.path(), name);
  return *original;
}

/// The LoRA files to merge, on top of a checkpoint; null if there are none.
std::shared_ptr<tensor::LoraWeights> with_loras(tensor::Checkpoint& checkpoint, const Conversion& conversion, const Kind* kind,
                                                std::vector<std::string>& notices) {
  if (conversion.loras.empty()) return nullptr;
  if (kind == nullptr) throw base::UsageError("{}: is not a denoiser that takes LoRA files", checkpoint.path());
  auto loras = std::make_shared<tensor::LoraWeights>(checkpoint, with_trained_scales(conversion.loras, notices), kind->style(checkpoint));
  notices.insert(notices.end(), loras->notices().begin(), loras->notices().end());
  return loras;
}

/// What a component's tensors become: by the names they will have.
std::map<std::string, tensor::TensorToWrite> converted(tensor::Checkpoint& checkpoint, const Conversion& conversion, const Kind* kind,
                                                       base::Observer& observer, std::vector<std::string>& notices) {
  std::shared_ptr<tensor::LoraWeights> loras = with_loras(checkpoint, conversion, kind, notices);
  std::map<std::string, tensor::TensorToWrite> tensors;
  const int64_t total = std::ssize(checkpoint.names());
  auto done = std::make_shared<int64_t>(0);
  for (const std::string& name : checkpoint.names()) {
    const tensor::TensorEntry entry = checkpoint.entry(name);
    if (conversion.dtype && (tensor::is_fp8_hint(name) || name.ends_with(tensor::scale_name))) continue;
    if (entry.blocks != nullptr && !conversion.dtype)
      throw base::UsageError("{}: is quantised ({}), which safetensors cannot hold; choose a dtype", checkpoint.path(), entry.blocks->name);
    if (loras && loras->changes(name) && !conversion.dtype && at::isFloat8Type(entry.dtype))
      throw base::UsageError("{}: is in fp8, which cannot represent LoRA updates; choose a wider dtype", checkpoint.path());
    // The second name of T5's embeddings, which the original layout does without.
    if (conversion.layout == Layout::original && name == "encoder.embed_tokens.weight" && checkpoint.has("shared.weight")) continue;
    bool cast = conversion.dtype && (at::isFloatingType(entry.dtype) || entry.blocks != nullptr || checkpoint.is_scaled(name));
    tensors[name_in(conversion.layout, name, checkpoint, kind)] = {
        entry.shape, cast ? *conversion.dtype : entry.dtype, [&checkpoint, &observer, loras, name, cast, shape = entry.shape, done, total] {
          observer.progress("converting", ++*done, total);
          observer.throw_if_cancelled();
          if (loras && loras->changes(name)) return loras->merged(name);
          return cast ? checkpoint.dequantized(name) : checkpoint.get(name, shape);
        }};
  }
  return tensors;
}

/// Writes a component as a GGUF file.
void write_component_gguf(tensor::Checkpoint& checkpoint, const Kind* kind, const fs::path& out, const Conversion& conversion,
                          base::Observer& observer, std::vector<std::string>& notices) {
  if (kind == nullptr || kind->architecture == nullptr)
    throw base::UsageError("{}: cannot be written as GGUF; denoisers of Wan and T5 encoders can", checkpoint.path());
  std::shared_ptr<tensor::LoraWeights> loras = with_loras(checkpoint, conversion, kind, notices);
  std::map<std::string, tensor::GgufTensor> tensors;
  auto done = std::make_shared<int64_t>(0);
  const int64_t total = std::ssize(checkpoint.names());
  for (const std::string& name : checkpoint.names()) {
    if (tensor::is_fp8_hint(name) || name.ends_with(tensor::scale_name) || name == text::vocabulary_key) continue;
    if (name == "encoder.embed_tokens.weight" && checkpoint.has("shared.weight")) continue;  // the same table
    auto original = kind->gguf_style().to_original(name == "encoder.embed_tokens.weight" ? "shared.weight" : name);
    if (!original) throw base::Error("{}: '{}' has no name in GGUF files", checkpoint.path(), name);
    const tensor::TensorEntry entry = checkpoint.entry(name);
    tensor::GgufTensor tensor{entry.shape, at::kFloat, nullptr, [&checkpoint, &observer, loras, name, done, total] {
                                observer.progress("converting", ++*done, total);
                                observer.throw_if_cancelled();
                                return loras && loras->changes(name) ? loras->merged(name) : checkpoint.dequantized(name);
                              }};
    const bool matrix = entry.shape.size() == 2 && name.ends_with(".weight") && kind->in_blocks(name);
    if (matrix && conversion.blocks == nullptr) tensor.dtype = at::kBFloat16;
    if (matrix && conversion.blocks != nullptr && entry.shape[1] % conversion.blocks->numbers == 0) tensor.blocks = conversion.blocks;
    tensors[*original] = std::move(tensor);
  }
  // The numbers of llama.cpp's LlamaFileType for most of a file's tensors.
  static const std::map<std::string, uint32_t> file_types{{"q4_0", 2}, {"q8_0", 7}, {"q5_0", 8}, {"bf16", 32}};
  constexpr uint32_t quantization_version = 2;
  tensor::write_gguf(out, tensors,
                     {{"general.architecture", std::string(kind->architecture)},
                      {"general.quantization_version", quantization_version},
                      {"general.file_type", file_types.at(conversion.blocks == nullptr ? "bf16" : conversion.blocks->name)}});
}

/// The stem of a component's weight files: as they are called where it has any, by the kind otherwise.
std::string stem_of(const fs::path& in, const Kind* kind) {
  if (fs::is_directory(in) && std::ranges::any_of(fs::directory_iterator(in), [](const fs::directory_entry& entry) {
        std::string name = entry.path().filename();
        return name == "model.safetensors" || name.starts_with("model.safetensors.index") || name.starts_with("model-");
      }))
    return "model";
  return kind == nullptr ? "diffusion_pytorch_model" : kind->stem;
}

/// Copies what stands in a component's folder besides its weights and its config.json: a tokenizer, settings of an image processor.
void copy_others(const fs::path& in, const fs::path& out) {
  fs::create_directories(out);
  for (const fs::directory_entry& entry : fs::directory_iterator(in)) {
    std::string name = entry.path().filename();
    bool weights = name.ends_with(".safetensors") || name.ends_with(tensor::index_suffix);
    if (!weights && name != "config.json") fs::copy(entry.path(), out / name, fs::copy_options::recursive);
  }
}

/// `checkpoint`: that of `in`, with the names that its `kind` has here.
void convert_component(tensor::Checkpoint& checkpoint, const Kind* kind, const fs::path& in, const fs::path& out,
                       const Conversion& conversion, base::Observer& observer, std::vector<std::string>& notices) {
  if (conversion.layout == Layout::gguf) return write_component_gguf(checkpoint, kind, out, conversion, observer, notices);
  if (conversion.layout == Layout::original && kind == nullptr)
    throw base::UsageError("{}: has no original layout; denoisers, autoencoders and text encoders of Wan have one", in.string());
  auto tensors = converted(checkpoint, conversion, kind, observer, notices);
  bool as_file = conversion.layout == Layout::original || (conversion.layout == Layout::as_it_is && !fs::is_directory(in));
  if (as_file) return tensor::write_safetensors(out, tensors, {{"format", "pt"}, {media::metadata_key, base::program_mark()}});
  if (!fs::is_directory(in) && kind == nullptr)
    throw base::UsageError("{}: is not a supported component, so its config.json cannot be written", in.string());
  if (fs::is_directory(in)) copy_others(in, out);
  tensor::write_shards(out, stem_of(in, kind), tensors, conversion.shard_bytes);
  base::Json config = fs::is_directory(in) ? tensor::read_config(in) : kind->config(checkpoint);
  base::write_file(out / "config.json", config.dump(2) + "\n");
}

/// Takes a file with a whole model apart: a folder, or in the original layout a file, for each of its components.
void convert_parts(std::vector<Part>& parts, const fs::path& in, const fs::path& out, const Conversion& conversion,
                   base::Observer& observer, std::vector<std::string>& notices) {
  fs::create_directories(out);
  for (Part& part : parts) {
    const std::string name = part.kind->component;
    Conversion own = conversion;
    if (name != "transformer") own.loras.clear();
    convert_component(part.checkpoint, part.kind, in, conversion.layout == Layout::original ? out / (name + ".safetensors") : out / name,
                      own, observer, notices);
  }
}

void convert_model(const fs::path& in, const fs::path& out, const Conversion& conversion, base::Observer& observer,
                   std::vector<std::string>& notices) {
  if (!conversion.loras.empty() && fs::exists(in / "transformer_2")) notices.push_back(first_denoiser_notice(conversion.loras.front()));
  for (const fs::directory_entry& entry : fs::directory_iterator(in)) {
    std::string name = entry.path().filename();
    if (!entry.is_directory() || !tensor::has_weights(entry.path())) {
      fs::create_directories(out);
      fs::copy(entry.path(), out / name, fs::copy_options::recursive);
      continue;
    }
    Conversion part = conversion;
    if (name != "transformer") part.loras.clear();
    tensor::Checkpoint checkpoint(entry.path());
    const Kind* kind = recognise(checkpoint);
    // An image encoder has no other layout; but a denoiser without one is an error.
    if (!name.starts_with("transformer") && kind == nullptr) part.layout = Layout::as_it_is;
    convert_component(checkpoint, kind, entry.path(), part.layout == Layout::original ? out / (name + ".safetensors") : out / name, part,
                      observer, notices);
  }
}

}  // namespace

std::vector<std::string> convert_checkpoint(const fs::path& in, const fs::path& given, const Conversion& conversion,
                                            base::Observer& observer) {
  if (given.empty()) throw base::UsageError("the output has no name; name a file or folder");
  const fs::path out = given.has_filename() ? given : given.parent_path();  // without a slash at its end
  if (!fs::exists(in))
    throw base::UsageError("'{}' does not exist; name a model folder, a component's folder, or a safetensors or GGUF file", in.string());
  if (fs::is_directory(out)) throw base::UsageError("the folder '{}' already exists; name another output", out.string());
  bool is_model = fs::exists(in / "model_index.json");
  std::vector<Part> parts;
  std::vector<std::string> notices;
  if (fs::is_regular_file(in) && conversion.layout != Layout::as_it_is) {
    const tensor::Checkpoint file(in);
    parts = parts_in(file);
    if (std::string left = left_over(file, parts); parts.size() > 1 && !left.empty()) notices.push_back(left);
  }
  const bool is_whole = parts.size() > 1, to_gguf = conversion.layout == Layout::gguf;  // a model in one file
  if ((is_model || is_whole) && to_gguf)
    throw base::UsageError("'{}' is a whole model; a GGUF file is made of its transformer or its text_encoder alone", in.string());
  if (to_gguf && out.extension() != ".gguf") throw base::UsageError("the output must be a .gguf file here, got '{}'", out.string());
  const bool makes_file =
      !is_model && !is_whole &&
      (conversion.layout == Layout::original || to_gguf || (conversion.layout == Layout::as_it_is && !fs::is_directory(in)));
  if (!to_gguf && makes_file != (out.extension() == ".safetensors"))
    throw base::UsageError("the output must be a {} here, got '{}'", makes_file ? ".safetensors file" : "folder", out.string());
  auto convert_alone = [&](const fs::path& to) {
    tensor::Checkpoint checkpoint(in);
    const Kind* kind = recognise(checkpoint);
    convert_component(checkpoint, kind, in, to, conversion, observer, notices);
  };
  if (makes_file) {
    convert_alone(out);  // which is written atomically
    return notices;
  }

  fs::path beside = out.string() + ".unfinished";
  if (fs::exists(beside))
    throw base::UsageError("'{}' exists, perhaps from an interrupted conversion; remove it, or name another output", beside.string());
  try {
    if (is_model)
      convert_model(in, beside, conversion, observer, notices);
    else if (is_whole)
      convert_parts(parts, in, beside, conversion, observer, notices);
    else
      convert_alone(beside);
  } catch (...) {
    fs::remove_all(beside);
    throw;
  }
  fs::rename(beside, out);
  return notices;
}

}  // namespace zoetrope::model
