#include "zoetrope/provenance/record.h"

#include <algorithm>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/outputs.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/base/hash.h"

namespace zoetrope::cli {
namespace {

namespace fs = std::filesystem;

struct RecordOptions {
  std::string record, number, out;
  std::vector<std::string> files;
};

fs::path record_of(const RecordOptions& o) {
  if (!o.record.empty()) return o.record;
  const fs::path data = base::data_folder();
  if (data.empty()) throw base::UsageError("HOME is not set: name the creation record with --file");
  return data / provenance::record_name;
}

void check(const RecordOptions& o, const Output& output) {
  const fs::path record = record_of(o);
  const provenance::RecordCheck found = provenance::check_record(record);
  if (output.json) {
    fmt::print("{}\n", base::pretty({{"file", record.string()}, {"lines", found.lines}, {"last", found.last}, {"problem", found.problem}}));
  } else if (found.problem.empty()) {
    fmt::print("{}: {} lines, each follows from the one before; the hash of the last is {}\n", record.string(), found.lines, found.last);
  } else {
    fmt::print("{}: {}\n", record.string(), found.problem);
  }
  if (!found.problem.empty()) throw CLI::RuntimeError(1);
}

void export_lines(const RecordOptions& o, const Output& output) {
  if (!o.out.empty()) check_outputs({o.out}, {record_of(o)}, output);
  std::vector<std::string> hashes;
  for (const std::string& file : o.files) hashes.push_back(base::sha256_of_file(file));
  base::Json lines = base::Json::array();
  provenance::read_record(record_of(o), [&](int64_t number, const base::Json& line) {
    const bool all = hashes.empty() && o.number.empty();
    const bool asked =
        line.is_object() && (line.value("number", base::Json()) == o.number ||
                             std::ranges::any_of(hashes, [&](const std::string& h) { return line.value("sha256", base::Json()) == h; }));
    if (all || asked) lines.push_back({{"line", number}, {"entry", line}});
  });
  if (lines.empty() && (!hashes.empty() || !o.number.empty())) throw base::Error("{}: has no line about that", record_of(o).string());
  const base::Json result{{"program", "zoetrope"}, {"lines", lines}};
  if (o.out.empty()) return fmt::print("{}\n", base::pretty(result));
  base::write_file(o.out, base::pretty(result) + "\n");
  fmt::print("{}\n", o.out);
}

}  // namespace

void add_record(CLI::App& program, const Output& output) {
  auto o = std::make_shared<RecordOptions>();
  CLI::App* c = program.add_subcommand("record", "the creation record: when and how each file was generated");
  c->require_subcommand(1);
  c->footer(
      "Each line carries the hash of the one before, so none can be changed or taken out unseen. docs/provenance.md says more.\n\n"
      "Examples:\n"
      "  zoetrope record check\n"
      "  zoetrope record export out/demo.mp4\n");
  auto add_file = [&](CLI::App* command) {
    command
        ->add_option("--file", o->record,
                     "the record; record.jsonl in ~/.local/share/zoetrope if omitted, of a server in its --data folder")
        ->type_name("FILE")
        ->check(CLI::ExistingFile);
  };
  CLI::App* check_command = c->add_subcommand("check", "tell whether any line was changed, taken out or put in");
  add_file(check_command);
  check_command->footer("It ends with 0 if each line follows from the one before, else with 1.\n\nExamples:\n  zoetrope record check\n");
  check_command->callback([o, &output] { check(*o, output); });
  CLI::App* export_command = c->add_subcommand("export", "what the record says of files, or all of it, as JSON");
  add_file(export_command);
  export_command->add_option("files", o->files, "generated files, found by their hash; all of the record if omitted")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  export_command->add_option("--number", o->number, "the number that `zoetrope verify` tells, instead of a file")->type_name("HEX");
  export_command->add_option("-o,--output", o->out, "where to write it; to the terminal if omitted")->type_name("FILE.json");
  export_command->footer(
      "Examples:\n"
      "  zoetrope record export out/demo.mp4\n"
      "  zoetrope record export --number 7837acb694f00d36 -o proof.json\n");
  export_command->callback([o, &output] { export_lines(*o, output); });
}

}  // namespace zoetrope::cli
