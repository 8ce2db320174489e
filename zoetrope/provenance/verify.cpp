#include "zoetrope/provenance/verify.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "zoetrope/base/error.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/provenance/c2pa.h"
#include "zoetrope/provenance/marks.h"
#include "zoetrope/provenance/watermark.h"

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
  carried.text = carried.metadata.either();
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

Layer c2pa_layer(const Carried& c, const std::filesystem::path& file) {
  if (const std::string problem = c2pa_problem(); !problem.empty()) return {"c2pa", State::unchecked, "cannot be looked for: " + problem};
  const std::optional<Manifest> manifest = read_manifest(file);
  if (!manifest) return not_there("c2pa", c.says("c2pa"));
  if (!manifest->is_valid)
    return {"c2pa", State::altered, fmt::format("was signed, and the file has changed since ({})", fmt::join(manifest->problems, ", "))};
  const std::string signer = manifest->is_trusted ? fmt::format("signed by '{}'", manifest->signer)
                                                  : fmt::format("signed, issuer unknown ('{}' by its own word)", manifest->signer);
  return {"c2pa", State::intact,
          fmt::format("{}; nothing has changed since; made with {}{}", signer,
                      manifest->made_by.empty() ? "an unnamed program" : manifest->made_by, manifest->generated ? ", by a model" : "")};
}

/// Frames over the first part of a clip, [n,H,W,3] uint8; undefined where there are none.
Tensor some_frames(const std::filesystem::path& file) try {
  constexpr int64_t reach = 256, count = 32;
  const int64_t frames = std::min(media::probe(file).frames, reach), step = std::max<int64_t>(1, frames / count);
  std::vector<Tensor> some;
  int64_t index = 0;
  media::read_frames(file, {.begin = 0, .end = frames}, [&](const Tensor& frame) {
    if (index++ % step == 0) some.push_back(frame.clone());
  });
  return some.empty() ? Tensor() : at::stack(some);
} catch (const base::Error&) {
  return {};  // no video or image
}

Layer watermark_layer(const Carried& c, const std::filesystem::path& file) {
  constexpr int fits = 45;  // of 64 bits: by chance once in 1,200
  const Tensor frames = some_frames(file);
  if (!frames.defined()) return {"watermark", State::unchecked, "cannot be looked for: this is no video or image that can be read"};
  const Watermark mark;
  const std::optional<uint64_t> number = c.text ? std::optional(payload_of(*c.text)) : std::nullopt;
  if (number)
    if (const Watermark::Detection d = mark.detect(frames, number); d.found)
      return {"watermark", State::intact, fmt::format("is that of this request, {}", to_hex(*number))};
  const Watermark::Detection d = mark.detect(frames);
  if (!d.found) {
    const bool was_there = c.says("watermark");
    return {"watermark", State::missing,
            was_there ? "is not found, though it was put in: small, short or plain clips may not hold it" : "is not found"};
  }
  const int bits = number ? 64 - std::popcount(d.payload ^ *number) : 0;
  if (bits >= fits) return {"watermark", State::intact, fmt::format("is that of this request: {} of 64 bits fit", bits)};
  if (number)
    return {"watermark", State::altered, fmt::format("is of another request, about {}; {} of 64 bits fit", to_hex(d.payload), bits)};
  return {"watermark", State::intact, fmt::format("says that zoetrope made the frames; its number is about {}", to_hex(d.payload))};
}

}  // namespace

std::string name_of(State state) {
  switch (state) {
    case State::intact:
      return "intact";
    case State::altered:
      return "altered";
    case State::missing:
      return "missing";
    default:
      return "unchecked";
  }
}

State Verification::verdict() const {
  auto any = [&](State state) { return std::ranges::any_of(layers, [&](const Layer& l) { return l.state == state; }); };
  return any(State::altered) ? State::altered : any(State::intact) ? State::intact : State::missing;
}

Verification verify(const std::filesystem::path& file) {
  const Carried carried = read_carried(file);
  Verification found{{request_layer(carried), aigc_layer(carried), c2pa_layer(carried, file), watermark_layer(carried, file)},
                     carried.request};
  // Frames that are marked, in a file that says nothing: what it said was taken out.
  if (!carried.text && found.layers.back().state == State::intact)
    found.layers.front().state = State::altered,
    found.layers.front().says = "was taken out, or lost when the file was copied: the frames are marked";
  return found;
}

base::Json to_json(const Verification& found) {
  const State verdict = found.verdict();
  base::Json layers = base::Json::array();
  for (const Layer& l : found.layers) layers.push_back({{"name", l.name}, {"state", name_of(l.state)}, {"says", l.says}});
  return {{"verdict", verdict == State::missing ? "nothing found" : name_of(verdict)}, {"layers", layers}, {"request", found.request}};
}

}  // namespace zoetrope::provenance
