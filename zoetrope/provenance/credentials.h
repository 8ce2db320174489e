#pragma once
#include <filesystem>
#include <string>

namespace zoetrope::provenance {

/// What signs: a private key and the certificate of who has it, with those above it, as PEM.
struct Credentials {
  std::string key;           // PKCS #8
  std::string certificates;  // the signer's first
  std::string algorithm;     // es256, es384, es512, ed25519 or ps256, as C2PA names them
};

/// A person's own: an Error says what is wrong with a file, or that the two do not belong together.
Credentials read_credentials(const std::filesystem::path& key, const std::filesystem::path& certificates);

/// Those of this machine, made on first use and kept in the file `file` for its owner alone: a P-256 key, a certificate for it, and that of
/// an authority whose key is thrown away. Nobody else knows them, so they prove that a file has not changed, and not who made it. They name
/// no person and no machine.
Credentials local_credentials(const std::filesystem::path& file);

}  // namespace zoetrope::provenance
