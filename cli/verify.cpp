#include "zoetrope/provenance/verify.h"

#include "cli/command.h"
#include "cli/flags.h"
#include "zoetrope/base/formats.h"

namespace zoetrope::cli {
namespace {

using provenance::State;

/// How the program ends: 0 intact, 1 altered, 2 nothing found.
int exit_code_of(State verdict) { return verdict == State::intact ? 0 : verdict == State::altered ? 1 : 2; }

void verify(const std::string& path, const Output& output) {
  const std::filesystem::path file = find_input(path);
  const provenance::Verification found = provenance::verify(file);
  const base::Json json = to_json(found);
  if (output.json) {
    base::Json all{{"file", file.string()}};
    all.update(json);
    fmt::print("{}\n", base::pretty(all));
  } else {
    fmt::print("{}: {}\n", file.string(), json["verdict"].get<std::string>());
    for (const provenance::Layer& l : found.layers) fmt::print("  {:<10} {:<8} {}\n", l.name, name_of(l.state), l.says);
  }
  if (const int code = exit_code_of(found.verdict()); code != 0) throw CLI::RuntimeError(code);
}

}  // namespace

void add_verify(CLI::App& program, const Output& output) {
  auto path = std::make_shared<std::string>();
  CLI::App* c = program.add_subcommand("verify", "tell whether a file was made by zoetrope, and which of its marks are intact");
  c->add_option("file", *path, "a video or image")->required()->type_name("FILE");
  c->footer(
      "It ends with 0 if the marks are intact, 1 if one was altered or taken out, 2 if nothing was found: that proves nothing, since "
      "marks\n"
      "can be removed. docs/provenance.md says what each of them is.\n\n"
      "Examples:\n"
      "  zoetrope verify out/demo.mp4\n"
      "  zoetrope verify clip.mp4 --json\n");
  c->callback([path, &output] { verify(*path, output); });
}

}  // namespace zoetrope::cli
