#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "zoetrope/provenance/credentials.h"

namespace zoetrope::provenance {

// Manifests of the Coalition for Content Provenance and Authenticity (C2PA), by its own library: libc2pa_c.so of the Python package
// c2pa-python, opened when it is first needed. It is looked for where ZOETROPE_C2PA says, beside the program, and in the Python environment
// of the torch that the program runs with.

/// Why there is no library, as a sentence; empty where there is one.
std::string c2pa_problem();

/// Whether manifests go into files of that suffix: .mp4, .mov, .png, .jpg and .webp do, .webm, .mkv and .gif do not.
bool can_hold_manifest(const std::filesystem::path& file);

/// Writes into `file` a signed manifest: that this program's model made it (the action c2pa.created, trainedAlgorithmicMedia), and a hash
/// of all its bytes. `suffix` says what kind of file it is. An Error where there is no library, or the library refuses.
void sign_file(const std::filesystem::path& file, const std::filesystem::path& suffix, const Credentials& credentials);

/// What a file's manifest says.
struct Manifest {
  bool is_valid = false;                   // nothing has changed since it was signed
  bool is_trusted = false;                 // and its signer is on the library's list
  std::string signer;                      // by the certificate's own word
  std::string made_by;                     // the program
  bool generated = false;                  // says that a model made it
  std::vector<std::string> problems = {};  // codes of C2PA
};

/// Nothing where a file has no manifest, or none can be read of it. An Error where there is no library.
std::optional<Manifest> read_manifest(const std::filesystem::path& file);

}  // namespace zoetrope::provenance
