#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "zoetrope/base/json.h"
#include "zoetrope/media/clip.h"

namespace zoetrope::generation {

/// A picture or clip that is part of what is wanted: its frames, at the rate of the new clip, stand there from frame `when` on and are
/// known.
struct Condition {
  std::filesystem::path media;
  std::string sha256;  // of the file; empty when the request is made by hand, and filled in when it is generated from
  int64_t when = 0;    // frame of the new clip; negative counts from the end: -1 is the last frame
  double noise = 0;    // how far it may be changed: 0 not at all, 1 entirely

  bool operator==(const Condition&) const = default;
};

/// Where new frames go that continue a video, which then stands in the result as it was.
enum class Extend { no, after, before };

/// Everything that decides what is generated, but the model. It has one versioned JSON form: file metadata, `--from`, the server's bodies
/// and evaluation all speak it.
struct Request {
  std::string prompt, negative_prompt;
  std::string class_label;  // number or name of the class that is wanted, of models that know classes instead of prompts
  int64_t width = 0, height = 0, frames = 0;
  media::Rational fps;
  int64_t steps = 20;
  double guidance = 3, shift = 1;
  std::optional<double> guidance_2;  // of the second expert, in models with two; `guidance` without it
  std::string sampler = "euler";
  std::string dtype = "auto";  // computed in: bf16, fp32, or what the processor is fast in; files tell which it was
  std::string preset;          // whose way of sampling it is, of models that were published with several; empty for the others
  uint64_t seed = 0;
  Extend extend = Extend::no;  // of the first condition, which is then a video
  std::vector<Condition> conditions;

  bool operator==(const Request&) const = default;
};

/// The JSON form: `schema`, the program's version, the model's fingerprint, then the request.
base::Json to_json(const Request& request, const std::string& model_fingerprint);

/// Reads the JSON form; keys that are absent keep the value they have in `defaults`. Another schema, unknown keys and values of the wrong
/// kind are refused with a `UsageError` that names them.
Request request_from_json(const base::Json& json, Request defaults = {});

/// The fingerprint that stands in a request's JSON form, if any.
std::optional<std::string> fingerprint_of(const base::Json& json);

}  // namespace zoetrope::generation
