#include <fstream>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/outputs.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/base/version.h"
#include "zoetrope/media/metadata.h"
#include "zoetrope/model/find_model.h"
#include "zoetrope/model/model_files.h"
#include "zoetrope/tensor/safetensors.h"
#include "zoetrope/text/prompt.h"

namespace zoetrope::cli {
namespace {

namespace fs = std::filesystem;

struct EmbedOptions {
  std::string model, text_encoder, tokenizer, out;
  PlaceFlags place;
  std::vector<std::string> prompts;
  int64_t limit = 512;
};

void run(const EmbedOptions& o, const Output& output) {
  if (fs::path(o.out).extension() != ".safetensors") throw base::UsageError("--output must be a .safetensors file, got '{}'", o.out);
  model::ModelFiles files(o.model.empty() ? fs::path() : model::find_model(o.model));
  if (!o.text_encoder.empty()) files.parts["text_encoder"] = o.text_encoder;
  if (!o.tokenizer.empty()) files.parts["tokenizer"] = o.tokenizer;
  for (const std::string& prompt : o.prompts) text::check_prompt(prompt);
  check_outputs({o.out}, {files.folder, o.text_encoder, o.tokenizer}, output);
  at::NoGradGuard no_grad;
  text::TextEmbedding embedding = model::load_text_encoder(files, o.limit, o.place.placement())->encode(o.prompts);
  Tensor states = embedding.states.to(at::kFloat) * embedding.mask.unsqueeze(-1);
  tensor::write_safetensors(o.out, {{"states", states}, {"mask", embedding.mask}}, {{media::metadata_key, base::program_mark()}});
  if (output.json)
    fmt::print("{}\n", base::pretty({{"file", o.out}, {"states", states.sizes().vec()}}));
  else
    fmt::print("{}: states [{}]\n", o.out, fmt::join(states.sizes(), ","));
}

}  // namespace

void add_embed(CLI::App& program, const Output& output) {
  auto o = std::make_shared<EmbedOptions>();
  CLI::App* c = program.add_subcommand("embed", "encode prompts with a T5 or UMT5 text encoder");
  c->add_option("-p,--prompt", o->prompts, "prompts, not cleaned")->required();
  c->add_option("--model", o->model, "a model folder with text_encoder/ and tokenizer/, or its name")->type_name("FOLDER");
  c->add_option("--text-encoder", o->text_encoder, "the folder or file of an encoder instead")->type_name("FILE")->check(CLI::ExistingPath);
  c->add_option("--tokenizer", o->tokenizer,
                "its spiece.model or tokenizer.json, or a folder with one of them; by default the one in the encoder's file")
      ->type_name("FILE")
      ->check(CLI::ExistingPath);
  c->add_option("--limit", o->limit, "maximum tokens of a prompt, including </s>")
      ->check(CLI::Range(int64_t{1}, int64_t{65536}))
      ->capture_default_str();
  c->add_option("-o,--output", o->out, "a safetensors file: states [B,L,D] fp32, zeros after each prompt, and mask [B,L]")
      ->required()
      ->type_name("FILE.safetensors");
  add_place_flags(c, o->place);
  c->footer(
      "Examples:\n"
      "  zoetrope embed --model Wan2.1-T2V-1.3B-Diffusers --prompt 'a cat on the grass' -o cat.safetensors\n"
      "  zoetrope embed --text-encoder t5-v1_1-xxl --tokenizer t5-v1_1-xxl --limit 226 --prompt one --prompt two -o both.safetensors\n");
  c->callback([o, &output] { run(*o, output); });
}

}  // namespace zoetrope::cli
