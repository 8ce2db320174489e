#include "zoetrope/provenance/credentials.h"

#include <fstream>
#include <memory>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"

namespace zoetrope::provenance {
namespace {

struct ReleaseOpenSsl {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
};
template <class T>
using OpenSsl = std::unique_ptr<T, ReleaseOpenSsl>;

void must(bool done, const char* what) {
  if (!done) throw base::Error("the certificate of this machine cannot be made: OpenSSL refused {}", what);
}

/// What a PEM writer writes.
template <class Write>
std::string pem(const Write& write) {
  OpenSsl<BIO> memory(BIO_new(BIO_s_mem()));
  must(memory && write(memory.get()) == 1, "to write PEM");
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &bytes);
  return {bytes, static_cast<size_t>(size)};
}

std::string pem_of(const X509& certificate) {
  return pem([&](BIO* out) { return PEM_write_bio_X509(out, &certificate); });
}

std::string pem_of(EVP_PKEY* key) {
  return pem([&](BIO* out) { return PEM_write_bio_PKCS8PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

OpenSsl<EVP_PKEY> new_key() {
  OpenSsl<EVP_PKEY> key(EVP_EC_gen("P-256"));
  must(key != nullptr, "a key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  OpenSsl<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  must(extension && X509_add_ext(certificate, extension.get(), -1) == 1, value);
}

/// A certificate for `key`, signed by `signer`: the authority's own if there is no `issuer`, else a signer's as C2PA asks for it.
OpenSsl<X509> new_certificate(const char* name, EVP_PKEY* key, X509* issuer, EVP_PKEY* signer) {
  constexpr long hour = 3600, years = 20L * 365 * 24 * hour;
  OpenSsl<X509> certificate(X509_new());
  must(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1, "a certificate");
  unsigned char number[16];
  must(RAND_bytes(number, sizeof number) == 1, "a random number");
  number[0] = static_cast<unsigned char>((number[0] & 0x7f) | 0x40);  // positive, and of full length
  BIGNUM* serial = BN_bin2bn(number, sizeof number, nullptr);
  must(serial != nullptr && BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate.get())) != nullptr, "a serial number");
  BN_free(serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -hour);  // clocks differ
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), years);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  auto add = [&](const char* field, const char* value) {
    must(X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value), -1, -1, 0) == 1, field);
  };
  add("O", "zoetrope (a key made on this machine)");
  add("CN", name);
  must(X509_set_issuer_name(certificate.get(), issuer == nullptr ? subject : X509_get_subject_name(issuer)) == 1, "an issuer");
  must(X509_set_pubkey(certificate.get(), key) == 1, "a public key");
  X509* above = issuer == nullptr ? certificate.get() : issuer;
  add_extension(certificate.get(), above, NID_basic_constraints, issuer == nullptr ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add_extension(certificate.get(), above, NID_key_usage, issuer == nullptr ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
  if (issuer != nullptr) add_extension(certificate.get(), above, NID_ext_key_usage, "emailProtection");
  add_extension(certificate.get(), above, NID_subject_key_identifier, "hash");
  add_extension(certificate.get(), above, NID_authority_key_identifier, "keyid:always");
  must(X509_sign(certificate.get(), signer, EVP_sha256()) > 0, "a signature");
  return certificate;
}

OpenSsl<EVP_PKEY> key_in(const std::string& text) {
  OpenSsl<BIO> memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  auto no_password = [](char*, int, int, void*) { return -1; };  // never asked on the terminal
  return OpenSsl<EVP_PKEY>(PEM_read_bio_PrivateKey(memory.get(), nullptr, no_password, nullptr));
}

OpenSsl<X509> first_certificate_in(const std::string& text) {
  OpenSsl<BIO> memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  return OpenSsl<X509>(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
}

std::string algorithm_of(EVP_PKEY* key) {
  const int kind = EVP_PKEY_get_base_id(key), bits = EVP_PKEY_get_bits(key);
  if (kind == EVP_PKEY_ED25519) return "ed25519";
  if (kind == EVP_PKEY_RSA && bits >= 2048) return "ps256";
  if (kind == EVP_PKEY_EC) return bits == 256 ? "es256" : bits == 384 ? "es384" : bits == 521 ? "es512" : "";
  return "";
}

Credentials checked(const std::string& key_text, const std::string& key_name, const std::string& certificates,
                    const std::string& certificates_name) {
  const OpenSsl<EVP_PKEY> key = key_in(key_text);
  if (!key) throw base::Error("{}: holds no private key as PEM without a password", key_name);
  const std::string algorithm = algorithm_of(key.get());
  if (algorithm.empty())
    throw base::Error("{}: C2PA knows no such key; use P-256, P-384, P-521, Ed25519, or RSA of at least 2048 bits", key_name);
  const OpenSsl<X509> certificate = first_certificate_in(certificates);
  if (!certificate) throw base::Error("{}: holds no certificate as PEM", certificates_name);
  if (X509_check_private_key(certificate.get(), key.get()) != 1)
    throw base::Error("{}: its first certificate is not of the key in '{}'", certificates_name, key_name);
  return {pem_of(key.get()), certificates, algorithm};
}

}  // namespace

Credentials read_credentials(const std::filesystem::path& key, const std::filesystem::path& certificates) {
  constexpr size_t limit = size_t{1} << 20;
  return checked(base::read_file(key, limit), key.string(), base::read_file(certificates, limit), certificates.string());
}

Credentials local_credentials(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) {
    const OpenSsl<EVP_PKEY> authority_key = new_key(), key = new_key();
    const OpenSsl<X509> authority = new_certificate("zoetrope local authority", authority_key.get(), nullptr, authority_key.get()),
                        certificate = new_certificate("zoetrope local signer", key.get(), authority.get(), authority_key.get());
    base::AtomicFile made(file);
    using std::filesystem::perms;
    std::filesystem::permissions(made.temporary(), perms::owner_read | perms::owner_write);  // before the secret is in it
    std::ofstream stream(made.temporary(), std::ios::binary);
    stream << pem_of(key.get()) + pem_of(*certificate) + pem_of(*authority);
    stream.close();
    if (!stream) throw base::Error("{}: cannot be written", file.string());
    made.commit();
  }
  const std::string all = base::read_file(file, size_t{1} << 20);
  const size_t certificates = std::min(all.find("-----BEGIN CERTIFICATE"), all.size());
  return checked(all.substr(0, certificates), file.string(), all.substr(certificates), file.string());
}

}  // namespace zoetrope::provenance
