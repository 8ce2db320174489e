#include "zoetrope/provenance/seal.h"

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/provenance/c2pa.h"

namespace zoetrope::provenance {
namespace {

std::filesystem::path local_key() {
  const std::filesystem::path folder = base::data_folder();
  return folder.empty() ? folder : folder / "signing.pem";
}

Credentials credentials_of(const Marks& marks) {
  if (marks.signing_key.empty() && marks.certificate.empty()) return local_credentials(local_key());
  if (marks.certificate.empty())
    throw base::InvalidRequest("certificate", "is missing: a signing key needs the certificate that belongs to it");
  if (marks.signing_key.empty()) throw base::InvalidRequest("signing_key", "is missing: a certificate needs the key that belongs to it");
  return read_credentials(marks.signing_key, marks.certificate);
}

}  // namespace

std::string no_seal_reason(const Marks& marks, const std::filesystem::path& file) {
  if (!marks.c2pa || !can_hold_manifest(file)) return "";
  if (const std::string problem = c2pa_problem(); !problem.empty()) return "the file gets no C2PA manifest: " + problem;
  if (marks.signing_key.empty() && marks.certificate.empty() && local_key().empty())
    return "the file gets no C2PA manifest: there is no folder for a key, since HOME is not set";
  return "";
}

media::Seal seal_for(const Marks& marks, const std::filesystem::path& file) {
  if (!marks.c2pa || !can_hold_manifest(file) || !no_seal_reason(marks, file).empty()) return {};
  return [credentials = credentials_of(marks), file](const std::filesystem::path& finished) { sign_file(finished, file, credentials); };
}

}  // namespace zoetrope::provenance
