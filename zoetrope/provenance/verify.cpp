#include "zoetrope/provenance/verify.h"

#include <algorithm>
#include <optional>

#include "zoetrope/base/error.h"
#include "zoetrope/provenance/marks.h"

namespace zoetrope::provenance {
namespace {

/// What the file carries, and what it says that it was marked by.
struct Carried {
  media::CarriedMetadata metadata;
  std::optional<std::string> text;  // of the request
  base::Json request;
  bool says(const char* mark) const {
    return request.is_object() && request.contains("marks") && request["marks"].is_object() &&
           !request["marks"].value(mark, base::Json()).is_null() && request["marks"][mark] != false;
  }
};

Carried read_carried(const std::filesystem::path& file) {
  Carried carried{media::read_carried_metadata(file), {}, {}};
  carried.text = carried.metadata.request ? carried.metadata.request : carried.metadata.comment;
  if (carried.text) carried.request = base::Json::parse(*carried.text, nullptr, /*allow_exceptions=*/false);
  if (!carried.request.is_object() || !carried.request.contains("schema")) carried.text.reset(), carried.request = nullptr;
  return carried;
}

/// A layer that is not there.
Layer not_there(const std::string& name, bool was_there) {
  if (was_there)
    return {name, State::altered, "is not there, though the file says that it was: it was taken out, or lost when the file was copied"};
  return {name, State::missing, "is not there"};
}

Layer request_layer(const Carried& c) {
  if (!c.text) return {"request", State::missing, "is not there"};
  if (!c.metadata.request)
    return {"request", State::altered, "stands in the comment alone: another program wrote this file anew from ours"};
  if (c.metadata.comment && c.metadata.comment != c.metadata.request)
    return {"request", State::altered, "stands in the file twice, and the two differ"};
  return {"request", State::intact, fmt::format("says how the file was made; its number is {}", to_hex(payload_of(*c.text)))};
}

Layer aigc_layer(const Carried& c) {
  if (!c.metadata.aigc) return not_there("aigc", c.says("aigc"));
  const std::optional<AigcLabel> label = read_aigc_label(*c.metadata.aigc);
  if (!label) return {"aigc", State::altered, "is there, but says not that the content was generated, or not in the form of GB 45438-2025"};
  if (c.text && label->produce_id != to_hex(payload_of(*c.text)))
    return {"aigc", State::altered, fmt::format("belongs to another request ({})", label->produce_id)};
  return {"aigc", State::intact,
          fmt::format("says that the content was generated; producer '{}', number {}", label->producer, label->produce_id)};
}

}  // namespace

std::string name_of(State state) { return state == State::intact ? "intact" : state == State::altered ? "altered" : "missing"; }

State Verification::verdict() const {
  auto any = [&](State state) { return std::ranges::any_of(layers, [&](const Layer& l) { return l.state == state; }); };
  return any(State::altered) ? State::altered : any(State::intact) ? State::intact : State::missing;
}

Verification verify(const std::filesystem::path& file) {
  const Carried carried = read_carried(file);
  return {{request_layer(carried), aigc_layer(carried)}, carried.request};
}

base::Json to_json(const Verification& found) {
  const State verdict = found.verdict();
  base::Json layers = base::Json::array();
  for (const Layer& l : found.layers) layers.push_back({{"name", l.name}, {"state", name_of(l.state)}, {"says", l.says}});
  return {{"verdict", verdict == State::missing ? "nothing found" : name_of(verdict)}, {"layers", layers}, {"request", found.request}};
}

}  // namespace zoetrope::provenance
