#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "zoetrope/base/json.h"
#include "zoetrope/model/identity.h"
#include "zoetrope/model/sampling_settings.h"

namespace zoetrope::generation {

/// Where a condition lies on a larger canvas, in pixels.
struct Place {
  int64_t left, top, width, height;
  bool operator==(const Place&) const = default;
};

/// An image or clip that is part of the new clip: its frames, at the rate of the new clip, are given there from `frame_index`. Frames
/// before 0 and beyond the end are part of the result, too: so a clip is continued.
struct Condition {
  std::filesystem::path media;
  std::string sha256 = {};             // of the file; may be empty in requests written by hand
  int64_t frame_index = 0;             // of the new clip
  double denoise = 0;                  // how much it may change where the mask lets it: 0 is kept exactly, 1 is free
  std::filesystem::path mask = {};     // an image or clip: white may change, black is kept; all alike if empty
  std::string mask_sha256 = {};        // of that file
  int64_t hold = 1;                    // frames for which an image stands
  std::optional<Place> place = {};     // if it does not fill the frame: what lies around it may change
  std::filesystem::path latents = {};  // of a clip that is continued: those of its end, which are known instead of its frames (KeptLatents)
  std::string latents_sha256 = {};     // of that file
  std::string placed = {};             // "last", "after" or "before", until `resolve` has made a `frame_index` of it

  bool operator==(const Condition&) const = default;
};

/// A prompt from a moment of a long clip on.
struct TimedPrompt {
  double seconds;
  std::string prompt;
  bool operator==(const TimedPrompt&) const = default;
};

/// Everything that decides what is generated, except the model: the settings, and what is asked. It has one versioned JSON form, used by
/// file metadata, `--from` and evaluation.
struct Request : model::SamplingSettings {
  std::string prompt;
  std::string class_label;     // number or name of a class, for models with classes instead of prompts
  std::string dtype = "auto";  // compute dtype: bf16, fp32, or auto for what is fast on the processor; files say which was used
  uint64_t seed = 0;
  std::vector<Condition> conditions;
  std::vector<TimedPrompt> prompts = {};  // that follow `prompt` in a clip of several windows, by time
  bool sound = true;                      // that of given videos is kept
  bool loop = false;                      // the way from the end back to the beginning is made as well, and follows the clip

  void use(const model::SamplingSettings& settings) { static_cast<model::SamplingSettings&>(*this) = settings; }
  bool operator==(const Request&) const = default;
};

/// The JSON form: `schema`, the program's version, which model it is for, then the request. Of a condition's file it has the name and the
/// hash, never the folder: a generated file tells nothing about the machine that made it.
base::Json to_json(const Request& request, const model::Identity& model);

/// Reads the JSON form; absent keys keep their value in `defaults`. Requests of schema 1 are translated. Other schemas, unknown keys and
/// values of the wrong kind are refused with a `UsageError` that names them.
Request request_from_json(const base::Json& json, Request defaults = {});

/// The translation of a request of schema 1 (zoetrope/request/1) to the current one, and of its first form, which had an `extend`: other
/// names for the same values.
base::Json translate_request_1(base::Json json);

/// The model that a request's JSON form names, if any.
std::optional<model::Identity> model_of(const base::Json& json);

}  // namespace zoetrope::generation
