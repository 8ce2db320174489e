#include <algorithm>

#include "cli/command.h"
#include "cli/flags.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/model/describe.h"

namespace zoetrope::cli {
namespace {

using base::Json, base::format_si;

std::string dtypes(const Json& json) {
  std::vector<std::string> names;
  for (const auto& [name, count] : json["dtypes"].items()) names.push_back(name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string weights(const Json& json) {
  return fmt::format("{}, {} ({} in fp32), {}", format_si(json["parameters"], " parameters"), format_si(json["bytes"], "B"),
                     format_si(json["bytes_fp32"], "B"), dtypes(json));
}

/// Text as it is, everything else as JSON; so is text with control characters, which a file from elsewhere could aim at the terminal.
std::string text_of(const Json& value) {
  bool plain = value.is_string() && std::ranges::none_of(value.get_ref<const std::string&>(), [](unsigned char c) { return c < ' '; });
  return plain ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// A title and the entries of an object below it, one a line.
void print_entries(const std::string& indent, const char* title, const Json& object) {
  fmt::print("{}{}\n", indent, title);
  for (const auto& [key, value] : object.items()) fmt::print("{}  {:<16} {}\n", indent, key, text_of(value));
}

void print_model(const Json& json) {
  fmt::print("{}: a model, {}\n{}\n", json["path"].get<std::string>(), text_of(json["class"]), weights(json));
  if (json.contains("licence")) fmt::print("licence: {}\n", text_of(json["licence"]));
  for (const Json& part : json["components"]) {
    fmt::print("\n{}: {}\n", text_of(part["name"]), text_of(part["class"]));
    if (part["parameters"] != 0) fmt::print("  {}\n", weights(part));
    if (part.contains("config")) print_entries("  ", "configuration", part["config"]);
  }
  if (json.contains("settings")) print_entries("", "\nsettings (zoetrope.json)", json["settings"]);
}

void print_component(const Json& json) {
  fmt::print("{}: a component of a model, {}\n{}\n", json["path"].get<std::string>(), text_of(json["class"]), weights(json));
  print_entries("", "configuration", json["config"]);
}

void print_tensors(const Json& json) {
  fmt::print("{}: {}\n{}\n", json["path"].get<std::string>(), json["kind"] == "gguf" ? "GGUF" : "safetensors", weights(json));
  if (!json["metadata"].empty()) print_entries("", "metadata", json["metadata"]);
  for (const Json& tensor : json["tensors"])
    fmt::print("  {} {} {}\n", text_of(tensor["name"]), text_of(tensor["dtype"]), tensor["shape"].dump());
}

void print_media(const Json& json) {
  fmt::print("{}: a {}, {}x{}", json["path"].get<std::string>(), text_of(json["kind"]), json["width"].get<int64_t>(),
             json["height"].get<int64_t>());
  if (json.contains("fps"))
    fmt::print(", {} frames at {} per second, {:.3g} s", json["frames"].get<int64_t>(), text_of(json["fps"]),
               json["seconds"].get<double>());
  const std::string sound = json.contains("sound") ? ", sound in " + text_of(json["sound"]) : "";
  fmt::print(", {}{}, {}\n", text_of(json["codec"]), sound, format_si(json["bytes"], "B"));
  if (json.contains("request")) fmt::print("{}\n", json["request"].is_string() ? text_of(json["request"]) : base::pretty(json["request"]));
}

void info(const std::string& path, const Output& output) {
  Json json = model::describe(find_input(path));
  if (output.json) return fmt::print("{}\n", base::pretty(json));
  std::string kind = json["kind"];
  if (kind == "model") return print_model(json);
  if (kind == "component") return print_component(json);
  if (kind == "safetensors" || kind == "gguf") return print_tensors(json);
  print_media(json);
}

}  // namespace

void add_info(CLI::App& program, const Output& output) {
  auto path = std::make_shared<std::string>();
  CLI::App* command =
      program.add_subcommand("info", "describe a model folder, safetensors or GGUF file, video or image, and how it was made");
  command->add_option("path", *path, "the folder or file, or a model's name")->required()->type_name("PATH");
  command->footer(
      "Examples:\n"
      "  zoetrope info toybox\n"
      "  zoetrope info models/toybox/transformer/diffusion_pytorch_model.safetensors\n"
      "  zoetrope info out/demo.mp4\n"
      "  zoetrope info out/demo.mp4 --json\n");
  command->callback([path, &output] { info(*path, output); });
}

}  // namespace zoetrope::cli
