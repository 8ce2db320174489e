#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zoetrope/base/json.h"
#include "zoetrope/generation/resolve.h"
#include "zoetrope/serving/http/message.h"
#include "zoetrope/serving/loras.h"

namespace zoetrope::serving {

/// The value that a text is; nothing if it is no JSON, or nested so deeply that walking through it would take the stack.
std::optional<base::Json> parse_json(std::string_view text);

/// A field that the body of a request may have.
struct Field {
  enum class Kind { text, whole_number, number, boolean, media, json };
  std::string name;
  Kind kind;
  std::string description;
  std::string meaning = {};  // the field of a request that it sets, where that has another name
};

/// All of them, under the names of OpenAI, SGLang and vLLM-Omni, and our own.
const std::vector<Field>& request_fields();

/// Where media of a request are found.
struct MediaSource {
  std::filesystem::path uploads;
  std::function<http::Upload(const std::string& id)> clip_of;  // of a finished job; an error says why there is none
  int64_t max_pixels = int64_t{1} << 26;                       // of a frame
  double max_seconds = 600;                                    // of a video
};

/// The fields of a form, or a JSON object, that a body is; its files are left out. An HttpError says that it is neither.
base::Json json_body(const http::Request& request);

/// What the body of a request asks: the fields of a form, or of a JSON object.
class Asked {
 public:
  /// Refuses unknown fields, values of the wrong kind, and media that are none, by an InvalidRequest or HttpError that names the field.
  Asked(const http::Request& request, const MediaSource& media);

  bool has(const std::string& name) const { return json_.contains(name) || files_.contains(name); }
  std::string text(const std::string& name, const std::string& otherwise = "") const;
  std::optional<double> number(const std::string& name) const;
  std::optional<int64_t> whole_number(const std::string& name) const;
  const base::Json& json() const { return json_; }

  /// What is asked of `generation::resolve`.
  generation::PartialRequest request() const;
  /// The LoRA files, if it says any, or that there are none ([]).
  std::optional<std::vector<AskedLora>> loras() const;

  /// The field as the client calls it, for one of a request: "num_frames" for "frames".
  std::string name_of(const std::string& field) const;
  /// A sentence about a field, with the client's names of fields and files instead of ours, and no path.
  std::string in_clients_words(std::string sentence) const;

 private:
  std::optional<http::Upload> media(const std::string& name) const;
  std::optional<http::Upload> media(const std::string& name, const base::Json& value) const;
  std::filesystem::path path(std::initializer_list<const char*> names) const;
  std::optional<base::Json> list(const std::string& name) const;

  const MediaSource& source_;
  base::Json json_ = base::Json::object();
  std::map<std::string, http::Upload> files_;
  mutable std::vector<http::Upload> used_;
};

}  // namespace zoetrope::serving
