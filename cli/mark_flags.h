#pragma once
#include <CLI/CLI.hpp>

#include "zoetrope/provenance/marks.h"

namespace zoetrope::cli {

/// By which marks the files of a command tell what they are, as its flags say.
struct MarkFlags {
  provenance::Marks marks;
  bool record = true;

  /// With the creation record in a folder of data, unless there is none or the flags leave it out.
  provenance::Marks with_record_in(const std::filesystem::path& data) const;
};

/// Gives a command that writes generated files the flags for it; their defaults are those in `flags`.
void add_mark_flags(CLI::App* command, MarkFlags& flags);

/// The words of a command line that say the same, for a program that is started with them.
std::vector<std::string> words_of(const MarkFlags& flags);

}  // namespace zoetrope::cli
