#include "cli/command.h"
#include "cli/flags.h"
#include "cli/outputs.h"
#include "cli/world_play.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/base/progress.h"
#include "zoetrope/base/version.h"
#include "zoetrope/media/image.h"
#include "zoetrope/world/action.h"
#include "zoetrope/world/contact_sheet.h"
#include "zoetrope/world/vocabulary.h"
#include "zoetrope/world/write_dataset.h"

namespace zoetrope::cli {
namespace {

/// Which part of the world to draw, and in what size.
struct WorldOptions {
  std::string settings, split, size = "96x96", fps = "16", out;  // two seconds: every motion is over or clear by then
  int64_t count = 16, frames = 33;
  uint64_t seed = 0;
};

void add_world_flags(CLI::App* command, WorldOptions& o) {
  command->add_option("--count", o.count, "how many clips")->check(CLI::Range(int64_t{1}, int64_t{1000000}))->capture_default_str();
  command->add_option("--seed", o.seed, "another seed gives other clips")->check(check_seed)->capture_default_str();
  command->add_option("--size", o.size, "width and height")->type_name("WxH")->capture_default_str();
  command->add_option("--frames", o.frames, "frames per clip; 1 for images")
      ->check(CLI::Range(int64_t{1}, int64_t{100000}))
      ->capture_default_str();
  command->add_option("--fps", o.fps, "frames a second")->capture_default_str();
  command->add_option("--split", o.split, "combinations for training, those held out, or all")
      ->check(CLI::IsMember({"train", "held_out", "all"}));
  command->add_option("--settings", o.settings, "the part of the world to render, as `zoetrope world list --json` prints it")
      ->type_name("FILE.json")
      ->check(CLI::ExistingFile);
}

world::World world_of(const WorldOptions& o, const CLI::App& command) {
  base::Json settings = to_json(o.settings.empty() ? world::Settings() : world::read_settings(o.settings));
  if (command.count("--seed") > 0) settings["seed"] = o.seed;
  if (!o.split.empty()) settings["split"] = o.split;
  return world::World(world::settings_from_json(settings));
}

data::ClipShape shape_of(const WorldOptions& o) {
  constexpr int64_t smallest = 16, largest = 4096;
  const Size size = parse_size("--size", o.size);
  if (size.width < smallest || size.height < smallest || size.width > largest || size.height > largest || size.width % 2 || size.height % 2)
    throw base::UsageError("--size must have even sides from {} to {}, got {}", smallest, largest, o.size);
  return {o.frames, size.height, size.width, parse_rate("--fps", o.fps)};
}

void say(const Output& output, const base::Json& result, const std::string& line) {
  fmt::print("{}\n", output.json ? base::pretty(result) : line);
}

void render(const WorldOptions& o, const CLI::App& command, const Output& output) {
  const world::World world = world_of(o, command);
  base::TerminalProgress progress(output.quiet);
  world::write_dataset(world, shape_of(o), o.count, o.out, progress);
  say(output, {{"folder", o.out}, {"count", o.count}, {"fingerprint", world.fingerprint()}}, o.out);
}

void draw_sheet(const WorldOptions& o, const CLI::App& command, const Output& output) {
  if (!media::is_image_path(o.out)) throw base::UsageError("-o must be a .png or .jpg file, got {}", o.out);
  check_outputs({o.out}, {o.settings}, output);
  base::TerminalProgress progress(output.quiet);
  media::write_image(o.out, world::contact_sheet(world_of(o, command), shape_of(o), o.count, progress), base::program_mark());
  say(output, {{"file", o.out}, {"count", o.count}}, o.out);
}

template <class Entry>
std::string names(const std::vector<Entry>& entries) {
  std::vector<std::string> all;
  for (const Entry& entry : entries) all.push_back(entry.name);
  return fmt::format("{}", fmt::join(all, ", "));
}

/// The words of the world for people; as JSON, the settings that are the default.
void list(const Output& output) {
  say(output, to_json(world::Settings()),
      fmt::format("objects: {}\nshapes: {}\ncolours: {}\nscenes: {}\nmotions: {}\nactions: {}", names(world::emoji()),
                  names(world::shapes()), names(world::colours()), names(world::scenes()), names(world::motions()),
                  fmt::join(world::action_names, ", ")));
}

}  // namespace

void add_world(CLI::App& program, const Output& output) {
  CLI::App* world = program.add_subcommand("world", "render the toy world on which the default model is trained");
  world->require_subcommand(1);
  world->footer("Examples:\n  zoetrope world sheet --count 12 -o world.png\n  zoetrope world render --count 100 --seed 1 -o clips\n");

  auto rendering = std::make_shared<WorldOptions>();
  CLI::App* render_command = world->add_subcommand("render", "write clips with captions and ground truth as a dataset");
  add_world_flags(render_command, *rendering);
  render_command->add_option("-o,--output", rendering->out, "the new folder")->required()->type_name("FOLDER");
  render_command->footer("Example:\n  zoetrope world render --count 100 --seed 1 --size 128x96 -o clips\n");
  render_command->callback([=, &output] { render(*rendering, *render_command, output); });

  auto sheet = std::make_shared<WorldOptions>();
  CLI::App* sheet_command = world->add_subcommand("sheet", "render some clips as one labelled image");
  add_world_flags(sheet_command, *sheet);
  sheet_command->add_option("-o,--output", sheet->out, "the image, .png or .jpg")->required()->type_name("FILE");
  sheet_command->footer("Example:\n  zoetrope world sheet --count 12 -o world.png\n");
  sheet_command->callback([=, &output] { draw_sheet(*sheet, *sheet_command, output); });

  add_world_play(*world, output);

  CLI::App* list_command =
      world->add_subcommand("list", "list objects, shapes, colours, scenes, motions and actions; with --json the default settings");
  list_command->footer("Example:\n  zoetrope world list --json > world.json\n");
  list_command->callback([&output] { list(output); });
}

}  // namespace zoetrope::cli
