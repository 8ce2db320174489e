#include "zoetrope/provenance/marks.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/base/hash.h"
#include "zoetrope/base/version.h"

namespace zoetrope::provenance {

Marks Marks::none() {
  Marks none;
  none.aigc = none.watermark = none.c2pa = false;
  return none;
}

uint64_t payload_of(const std::string& request) {
  base::Json json = base::Json::parse(request, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::stoull(base::sha256(request).substr(0, 16), nullptr, 16);
  json.erase("marks");
  return std::stoull(base::sha256(json.dump(-1, ' ', false, base::Json::error_handler_t::replace)).substr(0, 16), nullptr, 16);
}

std::string to_hex(uint64_t payload) { return fmt::format("{:016x}", payload); }

std::string aigc_label(const std::string& producer, uint64_t payload) {
  const bool ascii = std::ranges::all_of(producer, [](unsigned char c) { return c >= ' ' && c < 127; });
  if (!ascii || producer.empty() || producer.size() > 128)
    throw base::InvalidRequest("producer", "must be a code of 1 to 128 ASCII characters, got '{}'", producer);
  return base::Json{{"Label", "1"},        {"ContentProducer", producer}, {"ProduceID", to_hex(payload)},
                    {"ReservedCode1", ""}, {"ContentPropagator", ""},     {"PropagateID", ""},
                    {"ReservedCode2", ""}}
      .dump();
}

std::optional<AigcLabel> read_aigc_label(const std::string& text) {
  const base::Json json = base::Json::parse(text, nullptr, /*allow_exceptions=*/false);
  auto has = [&](const char* key) { return json.contains(key) && json[key].is_string(); };
  if (!json.is_object() || !has("Label") || !has("ContentProducer") || !has("ProduceID") || json["Label"] != "1") return std::nullopt;
  return AigcLabel{json["ContentProducer"], json["ProduceID"]};
}

media::Metadata metadata_of(const Marks& marks, const std::string& request, const base::Json& others) {
  if (!marks.metadata) return base::program_mark();  // so that the program knows its own file
  base::Json json = base::Json::parse(request, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return request;
  base::Json all = base::Json::object();
  if (marks.aigc) all["aigc"] = true;
  all.update(others);
  if (all.empty()) return request;
  json["marks"] = all;
  return {json.dump(-1, ' ', false, base::Json::error_handler_t::replace),
          marks.aigc ? aigc_label(marks.producer, payload_of(request)) : std::string()};
}

}  // namespace zoetrope::provenance
