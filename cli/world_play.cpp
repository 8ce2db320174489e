#include "cli/world_play.h"

#include <chrono>
#include <sstream>

#include "cli/flags.h"
#include "cli/mark_flags.h"
#include "cli/outputs.h"
#include "cli/terminal_screen.h"
#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/base/progress.h"
#include "zoetrope/base/version.h"
#include "zoetrope/evaluation/training_settings.h"
#include "zoetrope/generation/live_stream.h"
#include "zoetrope/generation/output_file.h"
#include "zoetrope/generation/resolve.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/resize.h"
#include "zoetrope/model/find_model.h"
#include "zoetrope/provenance/record.h"
#include "zoetrope/world/captions.h"

namespace zoetrope::cli {
namespace {

using Clock = std::chrono::steady_clock;
using world::Action;

constexpr double seconds_of_policy = 10;               // that are made where nobody watches
constexpr auto held = std::chrono::milliseconds(500);  // for which a walk goes on after its key: until the terminal repeats it

struct PlayOptions {
  std::string model = "toybox", scene, object, policy = "keys", record;
  std::optional<std::string> size, seed;
  generation::PartialRequest asked;
  double seconds = 0;
  int64_t window = generation::LiveStream::default_window;
  PlaceFlags place;
  MarkFlags marks;
};

/// The part of the model's world that is asked for.
world::Settings settings_of(const PlayOptions& o, const std::filesystem::path& model) {
  world::Settings s = evaluation::training_settings(model);
  auto has = [](const std::vector<std::string>& names, const std::string& name) { return std::ranges::count(names, name) > 0; };
  if (!o.scene.empty()) {
    if (!has(s.scenes, o.scene)) throw base::InvalidRequest("scene", "must be one of {}, got '{}'", fmt::join(s.scenes, ", "), o.scene);
    s.scenes = {o.scene};
  }
  if (has(s.objects, o.object)) {
    s.objects = {o.object}, s.shapes.clear();
  } else if (has(s.shapes, o.object)) {
    s.shapes = {o.object}, s.objects.clear();
  } else if (!o.object.empty()) {
    throw base::InvalidRequest("object", "must be one of {}, {}, got '{}'", fmt::join(s.objects, ", "), fmt::join(s.shapes, ", "),
                               o.object);
  }
  s.split = world::Split::all;
  s.steered = 1;
  return s;
}

/// Lines of an action and, unless it is 1, how many latent frames it rules: "right 8".
std::vector<Action> read_script(const std::string& path) {
  std::istringstream stream(base::read_file(path, size_t{1} << 24));
  std::vector<Action> actions;
  int64_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    std::istringstream words(line.substr(0, line.find('#')));
    std::string name, word;
    int64_t count = 1;
    while (words >> word) {
      if (std::isdigit(static_cast<unsigned char>(word[0])) != 0) {
        count = std::stoll(word.substr(0, 9));
      } else {
        name += (name.empty() ? "" : " ") + word;
      }
    }
    if (name.empty()) continue;
    const std::optional<Action> action = world::find_action(name);
    if (!action)
      throw base::UsageError("--policy: line {} of '{}' has the action '{}'; the actions are {}", number, path, name,
                             fmt::join(world::action_names, ", "));
    actions.insert(actions.end(), static_cast<size_t>(count), *action);
  }
  if (actions.empty()) throw base::UsageError("--policy: '{}' has no actions; write lines such as 'right 8'", path);
  return actions;
}

/// What the keys of a terminal ask for; the last one counts.
std::optional<Action> action_of_keys(const std::string& keys) {
  static const std::vector<std::pair<std::string, Action>> names = {
      {"\x1b[D", Action::left}, {"\x1b[C", Action::right}, {"\x1b[A", Action::jump},  {"\x1b[B", Action::drop}, {"a", Action::left},
      {"d", Action::right},     {"w", Action::jump},       {" ", Action::jump},       {"s", Action::drop},      {"+", Action::grow},
      {"-", Action::shrink},    {"n", Action::next_scene}, {"o", Action::next_object}};
  for (const auto& [key, action] : names)
    if (keys.ends_with(key)) return action;
  return {};
}

constexpr const char* help_line = "arrows or w a s d: move   + -: grow and shrink   n: next scene   o: next object   q: end";

/// Where the actions of a recorded video are written.
std::filesystem::path script_of(const std::filesystem::path& video) { return base::with_ending(video, ".actions.txt"); }

/// Writes what is shown to a video, and the actions beside it as a script that makes the same video again.
class Recorder {
 public:
  Recorder(const std::string& path, const generation::Request& r, const model::Identity& model, const provenance::Marks& marks)
      : path_(path), record_(marks.record) {
    if (path.empty()) return;
    base::Json request = generation::to_json(r, model);
    request["schema"] = "zoetrope/live/1";  // a request for one clip does not hold the actions
    request_ = request.dump();
    file_ = generation::open_output(path, {r.width, r.height, r.fps}, request_, marks);
  }
  void add(const Tensor& frames, Action action) {
    if (!file_) return;
    file_->frames(frames.to(at::kFloat).div(255));
    script_ += std::string(world::name_of(action)) + "\n";
  }
  void finish() {
    if (!file_) return;
    file_->finish();
    if (!record_.empty()) provenance::append_to_record(record_, path_, request_);
    base::write_file(script_of(path_), script_);
  }

 private:
  std::filesystem::path path_, record_;
  std::string request_;
  std::unique_ptr<generation::FrameSink> file_;
  std::string script_ = base::text_mark;
};

/// Somebody at the keys.
class Player {
 public:
  explicit Player(media::Rational fps) : screen_(fps) { screen_.say(help_line); }
  void show(const Tensor& frames) { screen_.show(frames); }
  bool has_left() const { return left_; }
  Action action() {
    const std::string keys = screen_.keys();
    left_ |= keys.find('q') != std::string::npos;
    if (const auto pressed = action_of_keys(keys)) {
      last_ = *pressed, pressed_ = Clock::now();
      return last_;
    }
    const bool walks = last_ == Action::left || last_ == Action::right;
    if (!walks || Clock::now() - pressed_ > held) last_ = Action::none;
    return last_;
  }

 private:
  TerminalScreen screen_;
  Action last_ = Action::none;
  Clock::time_point pressed_{};
  bool left_ = false;
};

/// The request for the stream and the scenario that its prompt describes.
generation::Request resolve(const PlayOptions& o, const model::Model& model, const world::Scenario& scenario, uint64_t seed) {
  generation::PartialRequest asked = o.asked;
  if (o.size) {
    const Size size = parse_size("--size", *o.size);
    asked.size = {size.width, size.height};
  }
  asked.seed = seed;
  if (!asked.prompt) asked.prompt = world::caption(scenario, seed).en;
  asked.frames = 1;  // at a time
  return generation::resolve(asked, model).request;
}

void play(const PlayOptions& o, const Output& output) {
  const std::filesystem::path folder = model::find_model(o.model);
  if (!o.record.empty()) check_outputs({o.record, script_of(o.record)}, {folder, o.asked.image, o.policy}, output);
  const world::Settings settings = settings_of(o, folder);
  const model::Model model = model::Model::load(model::ModelFiles(folder, {}), o.place.placement());
  const double fps = model.defaults().settings.fps.value();
  const bool watched = o.policy == "keys";
  double seconds = o.seconds > 0 ? o.seconds : watched ? std::numeric_limits<double>::infinity() : seconds_of_policy;
  const data::ClipShape shape{static_cast<int64_t>(std::min(seconds, 3600.) * fps), 96, 96, model.defaults().settings.fps};
  const uint64_t seed = o.seed ? parse_seed("--seed", *o.seed) : 0;  // once: it may be drawn
  const world::Scenario scenario = world::draw(settings, seed, shape);
  const generation::Request r = resolve(o, model, scenario, seed);
  std::vector<Action> policy;
  if (o.policy == "random") {
    policy = scenario.steering->actions;
  } else if (!watched) {
    policy = read_script(o.policy);
    if (o.seconds <= 0) seconds = (static_cast<double>(policy.size() - 1) * static_cast<double>(model.geometry().time) + 1) / r.fps.value();
  }

  generation::LiveStream stream(r, model, o.window);
  Recorder recorder(o.record, r, model.identity(), o.marks.with_record_in(base::data_folder()));
  base::TerminalProgress progress(output.quiet);
  std::optional<Player> player;
  if (watched) player.emplace(r.fps);
  const auto total =
      std::isfinite(seconds) ? std::max<int64_t>(1, std::llround(seconds * r.fps.value())) : std::numeric_limits<int64_t>::max();
  double busy = 0;  // seconds
  int64_t made = 0;
  for (size_t k = 0; made < total && !(player && player->has_left()) && !progress.cancelled(); ++k) {
    const Action action = player ? player->action() : k < policy.size() ? policy[k] : Action::none;
    const Clock::time_point begun = Clock::now();
    const Tensor frames = autoencoder::to_bytes(
        k == 0 && !o.asked.image.empty() ? stream.begin_with(media::fit(media::read_image(o.asked.image), r.height, r.width).unsqueeze(0))
                                         : stream.next(static_cast<int64_t>(action)));
    busy += std::chrono::duration<double>(Clock::now() - begun).count();
    made += frames.size(0);
    recorder.add(frames, action);
    if (player) {
      player->show(frames);
    } else {
      progress.progress("frames", std::min(made, total), total);
    }
  }
  player.reset();
  recorder.finish();
  if (progress.cancelled() && o.record.empty()) throw base::Cancelled();
  const double rate = static_cast<double>(made) / busy;
  if (output.json) {
    fmt::print("{}\n", base::pretty({{"frames", made}, {"fps", r.fps.value()}, {"made_per_second", rate}, {"file", o.record}}));
  } else {
    fmt::print("{}{} frames, made at {:.1f} a second; they play at {:.0f}\n", o.record.empty() ? "" : o.record + "\n", made, rate,
               r.fps.value());
  }
}

}  // namespace

void add_world_play(CLI::App& world, const Output& output) {
  auto o = std::make_shared<PlayOptions>();
  o->asked.steps = 4;
  CLI::App* c = world.add_subcommand("play", "steer a model's world with the keys, while the model makes it");
  c->add_option("--model", o->model, "a model folder or name")->type_name("FOLDER")->capture_default_str();
  c->add_option("--scene", o->scene, "where it begins; any of the model's if omitted");
  c->add_option("--object", o->object, "what is steered; any of the model's if omitted");
  c->add_option("-p,--prompt", o->asked.prompt, "instead of the two");
  c->add_option("--image", o->asked.image, "a picture with which it begins")->type_name("FILE")->check(CLI::ExistingFile);
  c->add_option("--size", o->size, "width and height; the model's if omitted")->type_name("WxH");
  c->add_option("--steps", o->asked.steps, "evaluations of the network for each latent frame")
      ->check(check_positive)
      ->capture_default_str();
  c->add_option("--guidance", o->asked.guidance_scale, "how closely the prompt is followed; 1 takes half of the time");
  c->add_option("--seed", o->seed, "the same seed and actions give the same frames; 'random' draws one")->check(check_drawn_seed);
  c->add_option("--policy", o->policy, "who steers: keys, random, or a file with lines such as 'right 8' (actions: `zoetrope world list`)")
      ->type_name("keys|random|FILE")
      ->capture_default_str();
  c->add_option("--seconds", o->seconds, "the length; until q is pressed if omitted, without keys 10 or that of the file")
      ->check(check_positive);
  c->add_option("--record", o->record, "the video: .mp4 .webm .gif .webp; its actions are written beside it as a --policy")
      ->type_name("FILE");
  c->add_option("--window", o->window, "latent frames that a latent frame sees")->check(check_positive)->capture_default_str();
  add_place_flags(c, o->place);
  add_mark_flags(c, o->marks);
  c->footer(
      "Examples:\n"
      "  zoetrope world play --scene beach --object penguin\n"
      "  zoetrope world play --policy random --seconds 20 --record world.mp4\n"
      "  zoetrope world play --policy world.actions.txt --record again.mp4\n");
  c->callback([o, &output] { play(*o, output); });
}

}  // namespace zoetrope::cli
