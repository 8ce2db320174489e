#include "cli/command.h"
#include "cli/flags.h"
#include "cli/outputs.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/base/progress.h"
#include "zoetrope/model/convert_checkpoint.h"

namespace zoetrope::cli {
namespace {

using model::Conversion;

struct ConvertOptions {
  std::string in, out, to, dtype, type, shard_size = "5GB";
  std::vector<std::string> loras;
  bool lora_strict = false;
};

size_t parse_bytes(const std::string& text) {
  double number = 0;
  char unit[3] = "";
  int end = 0;
  if (std::sscanf(text.c_str(), "%lf%2[kMGB]%n", &number, unit, &end) == 2 && end == static_cast<int>(text.size()) && number > 0 &&
      number < 1e6)
    for (auto [name, size] : {std::pair{"MB", 1e6}, {"GB", 1e9}, {"kB", 1e3}})
      if (std::string_view(unit) == name) return static_cast<size_t>(number * size);
  throw base::UsageError("--shard-size must be a size like 5GB or 200MB, got '{}'", text);
}

void run(const ConvertOptions& o, const Output& output) {
  Conversion conversion;
  if (o.to == "diffusers") conversion.layout = Conversion::Layout::diffusers;
  if (o.to == "original") conversion.layout = Conversion::Layout::original;
  if (o.to == "gguf") conversion.layout = Conversion::Layout::gguf;
  if (!o.type.empty() && o.to != "gguf") throw base::UsageError("--type is that of a GGUF file: add --to gguf, or give --dtype instead");
  if (o.to == "gguf" && !o.dtype.empty()) throw base::UsageError("--dtype cannot be used with --to gguf, which has a --type");
  if (o.type != "bf16") conversion.blocks = tensor::find_block_type(o.type.empty() ? "q8_0" : o.type.c_str());
  if (o.dtype == "bf16") conversion.dtype = at::kBFloat16;
  if (o.dtype == "fp16") conversion.dtype = at::kHalf;
  if (o.dtype == "fp32") conversion.dtype = at::kFloat;
  conversion.shard_bytes = parse_bytes(o.shard_size);
  for (const std::string& lora : o.loras) conversion.loras.push_back(parse_lora("--merge-lora", lora, o.lora_strict));
  std::vector<std::filesystem::path> sources{find_input(o.in)};
  for (const tensor::LoraSpec& lora : conversion.loras) sources.push_back(lora.file);
  check_outputs({o.out}, sources, output);
  base::TerminalProgress progress(output.quiet);
  for (const std::string& notice : model::convert_checkpoint(sources.front(), o.out, conversion, progress))
    fmt::print(stderr, "zoetrope: {}\n", notice);
  if (output.json)
    fmt::print("{}\n", base::pretty({{"output", o.out}}));
  else
    fmt::print("{}\n", o.out);
}

}  // namespace

void add_convert(CLI::App& program, const Output& output) {
  auto o = std::make_shared<ConvertOptions>();
  CLI::App* c = program.add_subcommand("convert", "change layout, dtype or shards of a model's files, or merge LoRA files into it");
  c->add_option("input", o->in, "a model folder or name, a component's folder, or a safetensors or GGUF file")
      ->required()
      ->type_name("PATH");
  c->add_option("-o,--output", o->out, "the result: a folder, or a .safetensors or .gguf file for one component")
      ->required()
      ->type_name("PATH");
  c->add_option("--to", o->to,
                "layout and names: those of diffusers, of the original code and ComfyUI, or a GGUF file; unchanged by default")
      ->check(CLI::IsMember({"diffusers", "original", "gguf"}));
  c->add_option("--type", o->type, "how a GGUF file stores large matrices: q8_0 by default")
      ->check(CLI::IsMember({"q8_0", "q5_0", "q4_0", "bf16"}));
  c->add_option("--dtype", o->dtype, "of floating-point tensors; unchanged bit for bit by default")
      ->check(CLI::IsMember({"bf16", "fp16", "fp32"}));
  c->add_option("--shard-size", o->shard_size, "maximum file size of a component in the layout of diffusers")->capture_default_str();
  c->add_option("--merge-lora", o->loras, "LoRA files to merge into the denoiser, each with an optional scale: FILE:0.8")
      ->type_name("FILE[:SCALE]");
  add_lora_strict_flag(c, o->lora_strict);
  add_threads_flag(c);
  c->footer(
      "Examples:\n"
      "  zoetrope convert Wan2.1-T2V-1.3B-Diffusers -o wan-fp16 --dtype fp16 --shard-size 2GB\n"
      "  zoetrope convert wan2.1_t2v_1.3B_bf16.safetensors -o wan/transformer --to diffusers\n"
      "  zoetrope convert wan/transformer -o merged.safetensors --to original --merge-lora style.safetensors:0.8\n"
      "  zoetrope convert wan/transformer -o wan-q8_0.gguf --to gguf --type q8_0\n");
  c->callback([o, &output] { run(*o, output); });
}

}  // namespace zoetrope::cli
