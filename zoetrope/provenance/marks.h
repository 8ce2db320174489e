#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "zoetrope/base/json.h"
#include "zoetrope/media/metadata.h"

namespace zoetrope::provenance {

/// By which marks a generated file says what it is.
struct Marks {
  bool metadata = true;               // the request
  bool aigc = true;                   // with it the label of GB 45438-2025
  std::string producer = "zoetrope";  // the code of whoever offers the service, in that label; ASCII
  bool watermark = true;              // invisible, in the frames
  bool label = false;                 // visible, in the opening seconds
  std::string label_text = {};        // "AI生成" or "AI-generated", as the prompt's language is, if empty
  double label_size = .05;            // height of its letters, as a part of the shorter side; they have at least 12 pixels
  double label_seconds = 2;           // how long it is shown
  bool c2pa = true;                   // a signed manifest, where the format can hold one and the library is there
  std::filesystem::path signing_key = {}, certificate = {};  // that sign it; the machine's own if empty
  std::filesystem::path record = {};                         // the creation record to which files are added; none if empty

  /// The request alone, for files that are no clips of a model.
  static Marks none();
};

/// The first 64 bits of the SHA-256 of a request in its JSON form, without the key "marks": what ties marks to it. The same request has the
/// same payload; a text that is no JSON object has one as well.
uint64_t payload_of(const std::string& request);
/// 16 hexadecimal digits.
std::string to_hex(uint64_t payload);

/// What a file with these marks carries: the request, in which "marks" says which `others` it has, so that a missing one can be told; and
/// the label of GB 45438-2025. Of `metadata` = false the program's mark alone.
media::Metadata metadata_of(const Marks& marks, const std::string& request, const base::Json& others = base::Json::object());

/// The label of GB 45438-2025 for generated content (TC260-PG-20257A): JSON in ASCII, in the order of the guide. `Label` "1" is content
/// that was generated; the producer's own number for it is the payload. An InvalidRequest names a producer that is not ASCII.
std::string aigc_label(const std::string& producer, uint64_t payload);

/// What such a label says.
struct AigcLabel {
  std::string producer, produce_id;
};
/// Nothing where the text is no label of generated content.
std::optional<AigcLabel> read_aigc_label(const std::string& text);

}  // namespace zoetrope::provenance
