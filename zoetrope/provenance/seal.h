#pragma once
#include "zoetrope/provenance/marks.h"

namespace zoetrope::provenance {

/// What signs a finished file at the place `file` (whose suffix decides), before it appears there; empty where the marks ask for no
/// manifest, the format holds none, or this machine cannot sign. Keys are read now: an Error says what is wrong with a person's own.
media::Seal seal_for(const Marks& marks, const std::filesystem::path& file);

/// Why there will be no manifest though the marks ask for one and the format could hold it, as a sentence; empty if there will be.
std::string no_seal_reason(const Marks& marks, const std::filesystem::path& file);

}  // namespace zoetrope::provenance
