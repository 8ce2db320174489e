#include "zoetrope/media/probe_to_json.h"

#include "zoetrope/media/metadata.h"
#include "zoetrope/media/reader.h"

namespace zoetrope::media {

base::Json probe_to_json(const std::filesystem::path& path) {
  Probe found = probe(path);
  bool moves = found.frames > 1;
  base::Json json{{"kind", moves ? "video" : "image"},
                  {"path", path.string()},
                  {"bytes", std::filesystem::file_size(path)},
                  {"width", found.width},
                  {"height", found.height},
                  {"frames", found.frames}};
  if (moves) {
    bool whole = found.fps.denominator == 1;
    json["fps"] = whole ? fmt::format("{}", found.fps.numerator) : fmt::format("{}/{}", found.fps.numerator, found.fps.denominator);
    json["seconds"] = found.seconds();
    if (found.missing_seconds > 0) json["missing_seconds"] = found.missing_seconds;
  }
  json["container"] = found.container;
  json["codec"] = found.codec;
  if (!found.sound.empty()) json["sound"] = found.sound;
  if (std::optional<std::string> text = read_metadata(path)) {
    base::Json request = base::Json::parse(*text, nullptr, /*allow_exceptions=*/false);
    json["request"] = request.is_discarded() ? base::Json(*text) : request;
  }
  return json;
}

}  // namespace zoetrope::media
