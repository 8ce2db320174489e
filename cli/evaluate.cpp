#include <chrono>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/outputs.h"
#include "zoetrope/autoencoder/native/autoencoder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/base/progress.h"
#include "zoetrope/evaluation/edit.h"
#include "zoetrope/evaluation/minute.h"
#include "zoetrope/evaluation/playing.h"
#include "zoetrope/evaluation/reconstruction.h"
#include "zoetrope/evaluation/training_settings.h"
#include "zoetrope/generation/generate.h"
#include "zoetrope/generation/live_stream.h"
#include "zoetrope/generation/resolve.h"
#include "zoetrope/model/find_model.h"
#include "zoetrope/model/model.h"

namespace zoetrope::cli {
namespace {

namespace fs = std::filesystem;

struct EvaluateOptions {
  std::string model = "toybox", suite, recogniser, html;
  PlaceFlags place;
  std::optional<int64_t> clips, steps;  // 200 clips a language tell 5% from 10%; 50 tell what an autoencoder loses
  std::optional<std::string> size;
  std::optional<double> seconds;
  uint64_t seed = 1;
};

/// Passes cancellation on; the stages within one clip are not shown.
class Quiet : public base::Observer {
 public:
  explicit Quiet(const base::Observer& outer) : outer_(outer) {}
  bool cancelled() const override { return outer_.cancelled(); }

 private:
  const base::Observer& outer_;
};

vision::Recogniser recogniser_of(const EvaluateOptions& o, const fs::path& model, const tensor::Placement& place) {
  fs::path folder = o.recogniser.empty() ? model / "recogniser" : fs::path(o.recogniser);
  if (!fs::exists(folder / "config.json"))
    throw base::Error("no recogniser found in {}; it is needed to score clips: train one with `zoetrope train recogniser --model {}`",
                      folder.string(), model.string());
  return vision::load_recogniser(folder, place);
}

/// The request of every clip, but for its prompt and seed.
generation::Request request_of(const EvaluateOptions& o, const model::Model& model) {
  constexpr int64_t live_steps = 4;
  generation::PartialRequest asked;
  asked.steps = o.steps;
  if (o.suite == "world") asked.steps = o.steps.value_or(live_steps), asked.frames = 1;
  if (o.size) {
    const Size size = parse_size("--size", *o.size);
    asked.size = {size.width, size.height};
  }
  if (o.suite == "long") asked.seconds = o.seconds.value_or(60);
  return generation::resolve(asked, model).request;
}

/// Goes on from given frames as a live stream.
evaluation::Continuation continue_live(const evaluation::Played& played, const model::Model& model) {
  using Clock = std::chrono::steady_clock;
  std::vector<int64_t> actions;
  for (world::Action action : played.actions) actions.push_back(static_cast<int64_t>(action));
  const int64_t given = model.geometry().latent_frames(played.given.size(0));
  generation::LiveStream stream(played.request, model);
  stream.begin_with(played.given, {actions.begin(), actions.begin() + given});
  const Clock::time_point start = Clock::now();
  std::vector<Tensor> made;
  for (size_t k = static_cast<size_t>(given); k < actions.size(); ++k) made.push_back(stream.next(actions[k]));
  return {at::cat(made), std::chrono::duration<double>(Clock::now() - start).count()};
}

evaluation::Report generate(const EvaluateOptions& o, const fs::path& folder, const tensor::Placement& place, base::Observer& progress) {
  world::World world = evaluation::held_out_world(evaluation::training_settings(folder), o.seed);
  if (o.suite == "long") world = evaluation::lasting_world(world);
  vision::Recogniser recogniser = recogniser_of(o, folder, place);
  model::Model model = model::Model::load(folder, place);
  const generation::Request request = request_of(o, model);
  Quiet quiet(progress);
  auto generate = [&](const generation::Request& r) {
    generation::CollectingSink sink;
    generation::generate(r, model, sink, quiet);
    return sink.frames();
  };
  if (o.suite == "edit") return evaluation::edit(recogniser, world, model, request, o.clips.value_or(50), o.seed, generate, progress);
  if (o.suite == "world") {
    auto stream = [&](const evaluation::Played& played) { return continue_live(played, model); };
    return evaluation::playing(recogniser, world, request, model.geometry().time, o.clips.value_or(20), o.seed, stream, progress);
  }
  if (o.suite == "long")
    return evaluation::minute(recogniser, world, request, model.defaults().settings.frames, o.clips.value_or(10), o.seed, generate,
                              progress);
  return evaluation::composition(recogniser, world, request, o.clips.value_or(200), o.seed, generate, progress);
}

evaluation::Report reconstruct(const EvaluateOptions& o, const fs::path& folder, const tensor::Placement& place, base::Observer& progress) {
  world::World world = evaluation::held_out_world(evaluation::training_settings(folder), o.seed);
  auto autoencoder = autoencoder::native::load(folder / "vae", place);
  data::ClipShape shape = evaluation::shape_of(model::family_of(folder).defaults(folder).settings);
  return evaluation::reconstruction(*autoencoder, world, shape, o.clips.value_or(50), o.seed, progress);
}

void run(const EvaluateOptions& o, const Output& output) {
  if (o.suite == "reconstruction" && (o.steps || o.size))
    throw base::UsageError("{} does not apply to --suite reconstruction, which generates nothing", o.steps ? "--steps" : "--size");
  if (o.seconds && o.suite != "long") throw base::UsageError("--seconds only applies to --suite long, got --suite {}", o.suite);
  fs::path folder = model::find_model(o.model);
  const tensor::Placement place = o.place.placement();
  check_outputs({o.html}, {folder, o.recogniser}, output);
  if (!o.html.empty()) base::AtomicFile writable(o.html);  // finds out now, not after the work
  base::TerminalProgress progress(output.quiet);
  evaluation::Report report = o.suite == "reconstruction" ? reconstruct(o, folder, place, progress) : generate(o, folder, place, progress);
  report.model = o.model;
  if (!o.html.empty()) base::write_file(o.html, evaluation::to_html(report));
  fmt::print("{}\n", output.json ? base::pretty(evaluation::to_json(report)) : evaluation::to_text(report));
}

}  // namespace

void add_evaluate(CLI::App& program, const Output& output) {
  auto o = std::make_shared<EvaluateOptions>();
  CLI::App* command = program.add_subcommand("evaluate", "measure a model of the toy world against its ground truth");
  command->add_option("--model", o->model, "a model folder or name")->type_name("FOLDER")->capture_default_str();
  command
      ->add_option("--suite", o->suite,
                   "composition: how well clips match their prompts, for combinations held out from training; edit: what becomes of given "
                   "pictures and clips; long: how a minute lasts; world: how a live world follows actions; reconstruction: what the "
                   "autoencoder loses")
      ->required()
      ->check(CLI::IsMember({"composition", "edit", "long", "world", "reconstruction"}));
  command
      ->add_option(
          "--clips", o->clips,
          "clips (composition: in each language; edit: for each task; long: of each kind; world: of each action); default 200, 50, 10, 20, "
          "and 50 for reconstruction")
      ->check(CLI::Range(int64_t{2}, int64_t{100000}));
  command->add_option("--seed", o->seed, "another seed gives other clips")->capture_default_str();
  command->add_option("--steps", o->steps, "sampling steps, instead of the model's default")->check(check_positive);
  command->add_option("--size", o->size, "width and height, instead of the model's default")->type_name("WxH");
  command->add_option("--seconds", o->seconds, "length of the clips of --suite long; default 60");
  command->add_option("--recogniser", o->recogniser, "a recogniser instead of the model's own")
      ->type_name("FOLDER")
      ->check(CLI::ExistingDirectory);
  command->add_option("--html", o->html, "also write a page with strips of the clips")->type_name("FILE.html");
  add_place_flags(command, o->place);
  command->footer(
      "Examples:\n"
      "  zoetrope evaluate --suite composition --html report.html\n"
      "  zoetrope evaluate --model runs/clips/model --recogniser models/toybox/recogniser --suite composition --clips 20 --steps 10\n"
      "  zoetrope evaluate --suite composition --size 128x72\n"
      "  zoetrope evaluate --suite edit --clips 20\n"
      "  zoetrope evaluate --suite reconstruction --json\n");
  command->callback([o, &output] { run(*o, output); });
}

}  // namespace zoetrope::cli
