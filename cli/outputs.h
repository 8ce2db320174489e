#pragma once
#include <filesystem>
#include <vector>

#include "cli/command.h"

namespace zoetrope::cli {

/// The one rule of all commands for what they write over, asked before any work: nothing that the command reads (`sources`: files, and
/// folders with all that is in them but clips that were made there; empty ones do not count), whatever it is called; and of what is there
/// otherwise, files that this program wrote itself (they carry a request or its mark), or any file if the person says so with --overwrite.
/// A UsageError names the first file for which that does not hold. Folders are not its business: none is ever written over.
void check_outputs(const std::vector<std::filesystem::path>& outputs, const std::vector<std::filesystem::path>& sources,
                   const Output& output);

}  // namespace zoetrope::cli
