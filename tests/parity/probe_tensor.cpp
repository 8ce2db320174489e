#include "tests/parity/probe.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/random.h"
#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/tensor/quantized.h"
#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::parity {
namespace {

/// The tensors as they were read: through our reader and our writer.
Tensors copy(const base::Json&, const Tensors& in) { return in; }

/// {seed, shapes} -> the noise of one generator in each shape after the other.
Tensors noise(const base::Json& settings, const Tensors&) {
  auto generator = base::generator(settings.at("seed"));
  Tensors out;
  for (auto& shape : settings.at("shapes")) out[std::to_string(out.size())] = base::randn(shape.get<std::vector<int64_t>>(), generator);
  return out;
}

/// {files} -> of each file, by its name: whether all of it can be read, under "FILE", and each tensor, under "FILE.TENSOR".
Tensors read_files(const base::Json& settings, const Tensors&) {
  Tensors out;
  for (const std::string& path : settings.at("files").get<std::vector<std::string>>()) {
    const std::string file_name = std::filesystem::path(path).filename();
    Tensors read;
    try {
      tensor::SafetensorsFile file(path);
      for (const std::string& name : file.names()) read[file_name + "." + name] = file.tensor(name);
      out.merge(read);
      out[file_name] = at::scalar_tensor(true, at::kBool);
    } catch (const base::Error&) {
      out[file_name] = at::scalar_tensor(false, at::kBool);
    }
  }
  return out;
}

/// {type} and blocks [rows, bytes] -> their numbers [rows, columns].
Tensors dequantize(const base::Json& settings, const Tensors& in) {
  return {{"numbers", tensor::dequantize(in.at("blocks"), *tensor::find_block_type(settings.at("type").get<std::string>().c_str()))}};
}

/// {type} and numbers [rows, columns] -> their blocks [rows, bytes].
Tensors quantize(const base::Json& settings, const Tensors& in) {
  return {{"blocks", tensor::quantize(in.at("numbers"), *tensor::find_block_type(settings.at("type").get<std::string>().c_str()))}};
}

/// {file} -> the tensors of a GGUF file as numbers, by name.
Tensors read_gguf(const base::Json& settings, const Tensors&) {
  tensor::Checkpoint checkpoint(settings.at("file").get<std::string>());
  Tensors out;
  for (const std::string& name : checkpoint.names()) out[name] = checkpoint.dequantized(name).clone();
  return out;
}

}  // namespace

std::map<std::string, Command> tensor_commands() {
  return {{"copy", copy},         {"noise", noise},        {"read_files", read_files}, {"dequantize", dequantize},
          {"quantize", quantize}, {"read_gguf", read_gguf}};
}

}  // namespace zoetrope::parity
