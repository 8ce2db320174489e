#pragma once
#include <CLI/CLI.hpp>

#include "zoetrope/provenance/marks.h"

namespace zoetrope::cli {

/// Gives a command that writes generated files the flags that say by which marks they tell what they are.
void add_mark_flags(CLI::App* command, provenance::Marks& marks);

/// The words of a command line that say the same, for a program that is started with them.
std::vector<std::string> words_of(const provenance::Marks& marks);

}  // namespace zoetrope::cli
