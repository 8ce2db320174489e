#include "tests/parity/probe.h"
#include "zoetrope/media/reader.h"

namespace zoetrope::parity {
namespace {

/// {files} -> the frames of each by its number, as they are read.
Tensors read_clips(const base::Json& settings, const Tensors&) {
  Tensors out;
  for (const base::Json& file : settings.at("files")) out[std::to_string(out.size())] = media::read_clip(file.get<std::string>()).frames;
  return out;
}

}  // namespace

std::map<std::string, Command> media_commands() { return {{"read_clips", read_clips}}; }

}  // namespace zoetrope::parity
