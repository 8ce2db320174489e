#include "zoetrope/serving/decode/messages.h"

#include <algorithm>
#include <array>

#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"

namespace zoetrope::serving {
namespace {

using base::Json;

constexpr std::array kinds{"probe", "frames", "clip", "image", "metadata", "sound"};

[[noreturn]] void refuse() { throw base::Error("says what no file is"); }

int64_t whole(const Json& json, const char* key, int64_t least, int64_t most) {
  auto found = json.find(key);
  if (found == json.end() || !found->is_number_integer()) refuse();
  const int64_t value = found->get<int64_t>();
  if (value < least || value > most) refuse();
  return value;
}

double number(const Json& json, const char* key, double least, double most) {
  auto found = json.find(key);
  if (found == json.end() || !found->is_number()) refuse();
  const double value = found->get<double>();
  if (!(value >= least && value <= most)) refuse();
  return value;
}

/// A name of FFmpeg's: letters, digits, and what stands between them.
std::string word(const Json& json, const char* key) {
  constexpr size_t longest = 200;
  auto found = json.find(key);
  if (found == json.end() || !found->is_string()) refuse();
  std::string text = found->get<std::string>();
  auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("_-,. ").find(c) < 5;
  };
  if (text.size() > longest || !std::ranges::all_of(text, is_plain)) refuse();
  return text;
}

Json rational_json(const media::Rational& r) { return {r.numerator, r.denominator}; }

}  // namespace

media::Rational rational_from_json(const Json& json) {
  constexpr int64_t most = int64_t{1} << 31;
  auto is_part = [&](const Json& value) { return value.is_number_integer() && value >= 0 && value <= most; };
  if (!json.is_array() || json.size() != 2 || !is_part(json[0]) || !is_part(json[1])) refuse();
  return {json[0].get<int64_t>(), json[1].get<int64_t>()};
}

std::string to_line(const DecodeTask& t) {
  Json json{{"kind", kinds.at(static_cast<size_t>(t.kind))},
            {"name", base::as_utf8(t.name)},
            {"limits", {t.limits.file_bytes, t.limits.pixels, t.limits.frames, t.limits.seconds, t.limits.clip_bytes}},
            {"wanted", {t.wanted.begin, t.wanted.end, t.wanted.height, t.wanted.width}},
            {"bytes", t.bytes},
            {"seconds", t.seconds}};
  if (t.wanted.fps) json["fps"] = rational_json(*t.wanted.fps);
  return json.dump();
}

DecodeTask task_from_line(const std::string& line) {
  const Json json = Json::parse(line);
  DecodeTask task;
  task.kind = static_cast<DecodeTask::Kind>(std::ranges::find(kinds, json.at("kind").get<std::string>()) - kinds.begin());
  task.name = json.at("name").get<std::string>();
  const Json &l = json.at("limits"), &w = json.at("wanted");
  task.limits = {l.at(0), l.at(1), l.at(2), l.at(3), l.at(4)};
  task.wanted = {std::nullopt, w.at(0), w.at(1), w.at(2), w.at(3)};
  task.bytes = json.at("bytes"), task.seconds = json.at("seconds");
  if (json.contains("fps")) task.wanted.fps = rational_from_json(json["fps"]);
  return task;
}

Json to_json(const media::Probe& p) {
  return {{"container", p.container},
          {"codec", p.codec},
          {"width", p.width},
          {"height", p.height},
          {"frames", p.frames},
          {"fps", rational_json(p.fps)},
          {"hdr", p.hdr},
          {"sound", p.sound},
          {"missing_seconds", p.missing_seconds}};
}

media::Probe probe_from_json(const Json& json, const media::ReadLimits& limits) {
  if (!json.is_object() || !json.contains("fps") || !json.contains("hdr") || !json["hdr"].is_boolean()) refuse();
  media::Probe probe{.container = word(json, "container"),
                     .codec = word(json, "codec"),
                     .width = whole(json, "width", 1, limits.pixels),
                     .height = whole(json, "height", 1, limits.pixels),
                     .frames = whole(json, "frames", 0, limits.frames),
                     .fps = rational_from_json(json["fps"]),
                     .hdr = json["hdr"].get<bool>(),
                     .sound = word(json, "sound"),
                     .missing_seconds = number(json, "missing_seconds", 0, 1e9)};
  if (probe.width > limits.pixels / probe.height) refuse();
  return probe;
}

}  // namespace zoetrope::serving
