#include "cli/command.h"
#include "cli/flags.h"
#include "cli/outputs.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/evaluation/comparison.h"
#include "zoetrope/generation/output_file.h"
#include "zoetrope/generation/request.h"
#include "zoetrope/model/find_model.h"
#include "zoetrope/model/trained_on.h"

namespace zoetrope::cli {
namespace {

namespace fs = std::filesystem;

struct ReportOptions {
  std::vector<std::string> clips;
  std::string output, recogniser, language = "en";
  PlaceFlags place;
};

/// Recognisers by their folders, each loaded once.
using Recognisers = std::map<fs::path, vision::Recogniser>;

const vision::Recogniser& load(Recognisers& loaded, const fs::path& folder, const tensor::Placement& place) {
  auto found = loaded.find(folder);
  return found != loaded.end() ? found->second : loaded.emplace(folder, vision::load_recogniser(folder, place)).first->second;
}

/// What a file's request tells, and the recogniser of the model that made it, where both are on this machine.
evaluation::ComparedClip clip_of(const fs::path& file, const ReportOptions& o, Recognisers& loaded, const tensor::Placement& place) {
  evaluation::ComparedClip clip{.name = file.filename().string(), .file = file};
  if (!o.recogniser.empty()) clip.recogniser = &load(loaded, o.recogniser, place);
  const std::optional<std::string> carried = generation::read_carried_request(file);
  const base::Json request = base::Json::parse(carried.value_or(""), nullptr, /*allow_exceptions=*/false);
  if (!request.is_object() || !request.value("prompt", base::Json()).is_string()) return clip;
  clip.prompt = request["prompt"];
  const std::optional<model::Identity> made_by = generation::model_of(request);
  if (!made_by || made_by->name.empty()) return clip;
  clip.made_by = made_by->name;
  try {
    const fs::path model = model::find_model(made_by->name);
    if (!fs::exists(model / "recogniser")) return clip;
    if (clip.recogniser == nullptr) clip.recogniser = &load(loaded, model / "recogniser", place);
    if (auto known = model::trained_on(base::read_json(model / "zoetrope.json"))) clip.things = known->things_in(clip.prompt);
  } catch (const base::UsageError&) {  // the model is not here
  }
  return clip;
}

void run(const ReportOptions& o, const Output& output) {
  const std::vector<fs::path> files(o.clips.begin(), o.clips.end());
  check_outputs({o.output}, files, output);
  Recognisers loaded;
  std::vector<evaluation::ComparedClip> clips;
  for (const fs::path& file : files) clips.push_back(clip_of(file, o, loaded, o.place.placement()));
  const evaluation::Comparison comparison =
      evaluation::compare(clips, o.language == "zh" ? evaluation::Language::chinese : evaluation::Language::english);
  base::write_file(o.output, evaluation::to_html(comparison));
  if (output.json) {
    fmt::print("{}\n", base::pretty(evaluation::to_json(comparison)));
  } else {
    fmt::print("{}\n", o.output);
  }
}

}  // namespace

void add_report(CLI::App& program, const Output& output) {
  auto o = std::make_shared<ReportOptions>();
  CLI::App* command = program.add_subcommand("report", "compare clips on one page: side by side, with four checks");
  command->add_option("clips", o->clips, "one to four videos or images")
      ->required()
      ->expected(1, 4)
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  command->add_option("-o,--output", o->output, "the page")->required()->type_name("FILE.html");
  command->add_option("--language", o->language, "of the page")->check(CLI::IsMember({"en", "zh"}))->capture_default_str();
  command
      ->add_option("--recogniser", o->recogniser,
                   "a recogniser that judges the clips; by default that of the model that made a clip, where it has one")
      ->type_name("FOLDER");
  add_place_flags(command, o->place);
  command->footer(
      "Four checks: the shape, whether the hero stays the hero, whether what moves moves plausibly, whether the background stays.\n"
      "Examples:\n"
      "  zoetrope report wide.mp4 tall.mp4 -o report.html\n"
      "  zoetrope report mine.mp4 theirs.mp4 -o report.html --language zh\n");
  command->callback([o, &output] { run(*o, output); });
}

}  // namespace zoetrope::cli
