#include "cli/command.h"
#include "zoetrope/base/json.h"
#include "zoetrope/model/list_models.h"

namespace zoetrope::cli {
namespace {

base::Json to_json(const model::ListedModel& m) {
  base::Json json{{"name", m.name}, {"path", m.path.string()}};
  if (!m.problem.empty()) {
    json["problem"] = m.problem;
    return json;
  }
  json["family"] = m.family;
  if (!m.tasks.empty()) json.update({{"tasks", m.tasks}, {"width", m.size.first}, {"height", m.size.second}, {"frames", m.frames}});
  return json;
}

void print(const model::ListedModel& m) {
  fmt::print("{}\n  {}\n", m.name, m.path.string());
  if (!m.problem.empty()) return fmt::print("  cannot be used: {}\n", m.problem);
  if (m.tasks.empty()) return fmt::print("  {}: a denoiser, for --transformer\n", m.family);
  fmt::print("  {}: {}; {}x{}, {} frame{}\n", m.family, fmt::join(m.tasks, ", "), m.size.first, m.size.second, m.frames,
             m.frames == 1 ? "" : "s");
}

}  // namespace

void add_models(CLI::App& program, const Output& output) {
  CLI::App* command = program.add_subcommand("models", "list the models on this machine, and what each can do");
  command->footer(
      "Models are looked for in ZOETROPE_MODELS and beside the program, in the cache of Hugging Face (HF_HUB_CACHE, HF_HOME), and,\n"
      "denoisers alone, in ComfyUI's folders (ZOETROPE_COMFYUI=.../models). `--model NAME` takes the names. Nothing is downloaded.\n\n"
      "Examples:\n"
      "  zoetrope models\n"
      "  ZOETROPE_COMFYUI=ComfyUI/models zoetrope models --json\n");
  command->callback([&output] {
    std::vector<model::ListedModel> models = model::list_models();
    if (output.json) {
      base::Json json = base::Json::array();
      for (const model::ListedModel& m : models) json.push_back(to_json(m));
      return fmt::print("{}\n", json.dump(2, ' ', false, base::Json::error_handler_t::replace));
    }
    for (const model::ListedModel& m : models) print(m);
    if (models.empty()) fmt::print("there are no models; ZOETROPE_MODELS names folders of them\n");
  });
}

}  // namespace zoetrope::cli
