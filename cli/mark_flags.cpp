#include "cli/mark_flags.h"

namespace zoetrope::cli {
namespace {

/// A flag that is on or off.
void add_switch(CLI::App* c, const std::string& flag, bool& value, const std::string& help) {
  c->add_option_function<std::string>(
       flag, [&value](const std::string& word) { value = word == "on"; }, help)
      ->check(CLI::IsMember({"on", "off"}))
      ->default_str(value ? "on" : "off");
}

}  // namespace

void add_mark_flags(CLI::App* c, provenance::Marks& marks) {
  add_switch(c, "--metadata", marks.metadata,
             "how the file was made, and the AIGC label that China asks for in published files (GB 45438-2025), as text in it");
  c->add_option("--producer", marks.producer, "the code of the service in the AIGC label: that of whoever publishes")
      ->type_name("CODE")
      ->capture_default_str();
}

std::vector<std::string> words_of(const provenance::Marks& marks) {
  return {"--metadata", marks.metadata ? "on" : "off", "--producer", marks.producer};
}

}  // namespace zoetrope::cli
