// parity-probe COMMAND SETTINGS.json IN.safetensors OUT.safetensors: runs one function of the library for the Python tests of this folder.
#include "tests/parity/probe.h"

#include <cstdio>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::parity {

tensor::Placement placement(const base::Json& settings) {
  return {at::kCPU, settings.value("dtype", "fp32") == "bf16" ? at::kBFloat16 : at::kFloat};
}

namespace {

void run(const std::string& name, const std::string& settings, const std::string& in, const std::string& out) {
  std::map<std::string, Command> commands = scheduler_commands();
  commands.merge(dit_commands());
  commands.merge(media_commands());
  commands.merge(tensor_commands());
  commands.merge(text_commands());
  commands.merge(vision_commands());
  commands.merge(wan_commands());
  if (!commands.contains(name)) throw base::UsageError("parity-probe has no command '{}'", name);
  tensor::SafetensorsFile file(in);
  Tensors tensors;
  for (auto& key : file.names()) tensors[key] = file.tensor(key);
  tensor::write_safetensors(out, commands.at(name)(base::Json::parse(base::read_file(settings)), tensors));
}

}  // namespace
}  // namespace zoetrope::parity

int main(int count, char** arguments) {
  try {
    if (count != 5) throw zoetrope::base::UsageError("parity-probe COMMAND SETTINGS.json IN.safetensors OUT.safetensors");
    zoetrope::parity::run(arguments[1], arguments[2], arguments[3], arguments[4]);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
