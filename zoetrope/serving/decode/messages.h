#pragma once
#include <string>

#include "zoetrope/base/json.h"
#include "zoetrope/media/file_decoder.h"

// What a process that wants a file read and the child that reads it tell each other: lines of JSON, some of them followed by as many bytes
// as they announce. Nothing that the child says is trusted: each value is checked where it is read.
namespace zoetrope::serving {

/// What is wanted of a file.
struct DecodeTask {
  enum class Kind { probe, frames, clip, image, metadata, sound };
  Kind kind = Kind::probe;
  std::string name = {};  // of the file, for errors
  media::ReadLimits limits = {};
  media::Wanted wanted = {};  // of frames
  int64_t bytes = 0;          // of memory that the child may use
  double seconds = 0;         // of a processor
};

std::string to_line(const DecodeTask& task);
DecodeTask task_from_line(const std::string& line);

media::Rational rational_from_json(const base::Json& json);
base::Json to_json(const media::Probe& probe);
/// An error where the values cannot be those of a file within the limits.
media::Probe probe_from_json(const base::Json& json, const media::ReadLimits& limits);

}  // namespace zoetrope::serving
