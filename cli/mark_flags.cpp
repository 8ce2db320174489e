#include "cli/mark_flags.h"

#include "cli/flags.h"
#include "zoetrope/provenance/record.h"

namespace zoetrope::cli {
namespace {

const char* word_for(bool value) { return value ? "on" : "off"; }

/// A flag that is on or off.
void add_switch(CLI::App* c, const std::string& flag, bool& value, const std::string& help) {
  c->add_option_function<std::string>(
       flag, [&value](const std::string& word) { value = word == "on"; }, help)
      ->check(CLI::IsMember({"on", "off"}))
      ->default_str(word_for(value));
}

}  // namespace

provenance::Marks MarkFlags::with_record_in(const std::filesystem::path& data) const {
  provenance::Marks all = marks;
  if (record && !data.empty()) all.record = data / provenance::record_name;
  return all;
}

void add_mark_flags(CLI::App* c, MarkFlags& flags) {
  provenance::Marks& m = flags.marks;
  add_switch(c, "--metadata", m.metadata,
             "how the file was made, and the AIGC label that China asks for in published files, as text in the file");
  c->add_option("--producer", m.producer, "the code in the AIGC label: that of the service which publishes")
      ->type_name("CODE")
      ->capture_default_str();
  add_switch(c, "--watermark", m.watermark,
             "an invisible mark in the frames; the European Union asks those who offer a service for marks that programs can read");
  add_switch(c, "--label", m.label, "a visible label in the opening seconds; China asks for one on what is published");
  c->add_option("--label-text", m.label_text, "what it says; AI生成 or AI-generated if omitted, as the language of the prompt is")
      ->type_name("TEXT");
  c->add_option("--label-size", m.label_size, "height of its letters as a part of the shorter side; they have at least 12 pixels")
      ->check(CLI::Range(.01, .5))
      ->capture_default_str();
  add_switch(c, "--c2pa", m.c2pa,
             "a signed C2PA manifest in mp4, mov, png, jpg and webp; it holds a time, so without it files repeat byte for byte");
  c->add_option("--signing-key", m.signing_key, "a private key as PEM that signs manifests; one made on this machine if omitted")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  c->add_option("--certificate", m.certificate, "the certificates that belong to --signing-key, as PEM, its own first")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  add_switch(c, "--creation-record", flags.record, "a line in the creation record for each file, see `zoetrope record`");
}

std::vector<std::string> words_of(const MarkFlags& flags) {
  const provenance::Marks& m = flags.marks;
  std::vector<std::string> words{"--metadata",
                                 word_for(m.metadata),
                                 "--producer",
                                 m.producer,
                                 "--watermark",
                                 word_for(m.watermark),
                                 "--label",
                                 word_for(m.label),
                                 "--label-size",
                                 fmt::format("{}", m.label_size),
                                 "--c2pa",
                                 word_for(m.c2pa),
                                 "--creation-record",
                                 word_for(flags.record)};
  auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {flag, value});
  };
  add("--label-text", m.label_text);
  add("--signing-key", m.signing_key.string());
  add("--certificate", m.certificate.string());
  return words;
}

}  // namespace zoetrope::cli
