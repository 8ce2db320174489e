#include "zoetrope/provenance/c2pa.h"

#include <algorithm>
#include <dlfcn.h>
#include <fstream>
#include <iterator>
#include <memory>

#include <c10/core/CPUAllocator.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/json.h"
#include "zoetrope/base/version.h"
#include "zoetrope/media/suffix.h"

namespace zoetrope::provenance {
namespace {

namespace fs = std::filesystem;

// The prototypes that are used of the library's C interface (contentauth/c2pa-rs, c2pa_c_ffi); the package has no header.
struct C2paStream;
struct C2paBuilder;
struct C2paSigner;
struct C2paReader;
struct C2paSignerInfo {
  const char *algorithm, *certificates, *private_key, *time_stamps_url;
};
using StreamRead = intptr_t (*)(void*, uint8_t*, intptr_t);
using StreamSeek = intptr_t (*)(void*, intptr_t, int);
using StreamWrite = intptr_t (*)(void*, const uint8_t*, intptr_t);
using StreamFlush = intptr_t (*)(void*);

struct Library {
  std::string problem;
  char* (*error)() = nullptr;
  void (*string_free)(char*) = nullptr;
  int (*load_settings)(const char* settings, const char* format) = nullptr;
  C2paStream* (*create_stream)(void*, StreamRead, StreamSeek, StreamWrite, StreamFlush) = nullptr;
  void (*release_stream)(C2paStream*) = nullptr;
  C2paBuilder* (*builder_from_json)(const char*) = nullptr;
  void (*builder_free)(C2paBuilder*) = nullptr;
  C2paSigner* (*signer_from_info)(const C2paSignerInfo*) = nullptr;
  void (*signer_free)(C2paSigner*) = nullptr;
  int64_t (*builder_sign)(C2paBuilder*, const char* format, C2paStream* from, C2paStream* to, C2paSigner*,
                          const uint8_t** manifest) = nullptr;
  void (*manifest_bytes_free)(const uint8_t*) = nullptr;
  C2paReader* (*reader_from_stream)(const char* format, C2paStream*) = nullptr;
  char* (*reader_json)(C2paReader*) = nullptr;
  void (*reader_free)(C2paReader*) = nullptr;
};

/// The folder of the Python packages among which this process's libtorch lies; empty if it lies elsewhere.
fs::path python_packages() {
  Dl_info found{};
  if (dladdr(reinterpret_cast<const void*>(&c10::GetCPUAllocator), &found) == 0 || found.dli_fname == nullptr) return {};
  return fs::path(found.dli_fname).parent_path().parent_path().parent_path();  // of site-packages/torch/lib/libc10.so
}

std::vector<fs::path> places() {
  constexpr const char* name = "libc2pa_c.so";
  if (const char* given = std::getenv("ZOETROPE_C2PA"); given != nullptr && *given != '\0') return {given};
  std::error_code unknown;
  const fs::path program = fs::read_symlink("/proc/self/exe", unknown).parent_path();
  return {program / name, program.parent_path() / "lib" / name, python_packages() / "c2pa" / "libs" / name};
}

Library open_library() {
  Library l;
  const std::vector<fs::path> looked = places();
  const auto found = std::ranges::find_if(looked, [](const fs::path& p) { return fs::exists(p); });
  if (found == looked.end()) {
    l.problem =
        fmt::format("there is no libc2pa_c.so where it was looked for ({}); the Python package c2pa-python has it", looked.back().string());
    return l;
  }
  void* handle = dlopen(found->c_str(), RTLD_NOW | RTLD_LOCAL);  // for good: it has threads of its own
  if (handle == nullptr) {
    l.problem = fmt::format("'{}' cannot be opened: {}", found->string(), dlerror());
    return l;
  }
  auto get = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
    if (function == nullptr)
      l.problem = fmt::format("'{}' has no '{}'; the package c2pa-python 0.38 has one that fits", found->string(), name);
  };
  get(l.error, "c2pa_error");
  get(l.string_free, "c2pa_string_free");
  get(l.load_settings, "c2pa_load_settings");
  get(l.create_stream, "c2pa_create_stream");
  get(l.release_stream, "c2pa_release_stream");
  get(l.builder_from_json, "c2pa_builder_from_json");
  get(l.builder_free, "c2pa_builder_free");
  get(l.signer_from_info, "c2pa_signer_from_info");
  get(l.signer_free, "c2pa_signer_free");
  get(l.builder_sign, "c2pa_builder_sign");
  get(l.manifest_bytes_free, "c2pa_manifest_bytes_free");
  get(l.reader_from_stream, "c2pa_reader_from_stream");
  get(l.reader_json, "c2pa_reader_json");
  get(l.reader_free, "c2pa_reader_free");
  return l;
}

const Library& opened() {
  static const Library l = open_library();
  return l;
}

/// The library, set up for this thread: it fetches nothing from the network, and makes no thumbnails.
const Library& library() {
  const Library& l = opened();
  if (!l.problem.empty()) throw base::Error("C2PA manifests cannot be used: {}", l.problem);
  thread_local const bool is_set_up =
      l.load_settings(R"({"verify":{"remote_manifest_fetch":false,"ocsp_fetch":false},"builder":{"thumbnail":{"enabled":false}}})",
                      "json") == 0;
  if (!is_set_up) throw base::Error("C2PA manifests cannot be used: the library does not take its settings");
  return l;
}

/// A text that the library hands over.
std::string taken(char* text) {
  const std::string copy = text == nullptr ? "" : text;
  if (text != nullptr) opened().string_free(text);
  return copy;
}

template <class T>
using Held = std::unique_ptr<T, void (*)(T*)>;

/// A file as the library reads and writes it.
class Stream {
 public:
  Stream(const fs::path& file, std::ios::openmode mode)
      : file_(file, mode | std::ios::binary), stream_(library().create_stream(this, read, seek, write, flush)) {
    if (!file_ || stream_ == nullptr) throw base::Error("{}: cannot be opened", file.string());
  }
  ~Stream() { library().release_stream(stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  C2paStream* get() const { return stream_; }
  /// Whether all has been written.
  bool close() {
    file_.close();
    return !file_.fail();
  }

 private:
  static std::fstream& file_of(void* self) { return static_cast<Stream*>(self)->file_; }
  static intptr_t read(void* self, uint8_t* bytes, intptr_t count) {
    std::fstream& file = file_of(self);
    file.read(reinterpret_cast<char*>(bytes), count);
    const auto got = static_cast<intptr_t>(file.gcount());
    if (file.eof()) file.clear();
    return file.fail() ? -1 : got;
  }
  static intptr_t seek(void* self, intptr_t offset, int from) {
    std::fstream& file = file_of(self);
    const auto base = from == 0 ? std::ios::beg : from == 1 ? std::ios::cur : std::ios::end;
    file.seekg(offset, base);  // of a file both places are one
    return file.fail() ? -1 : static_cast<intptr_t>(file.tellg());
  }
  static intptr_t write(void* self, const uint8_t* bytes, intptr_t count) {
    std::fstream& file = file_of(self);
    file.write(reinterpret_cast<const char*>(bytes), count);
    return file.fail() ? -1 : count;
  }
  static intptr_t flush(void* self) { return file_of(self).flush().fail() ? -1 : 0; }

  std::fstream file_;
  C2paStream* stream_;
};

/// The kind of file by its first bytes, for files of any name.
const char* media_type_inside(const fs::path& file) {
  std::string start(12, '\0');
  std::ifstream(file, std::ios::binary).read(start.data(), std::ssize(start));
  if (start.starts_with("\x89PNG")) return "image/png";
  if (start.starts_with("\xff\xd8")) return "image/jpeg";
  if (start.starts_with("RIFF") && start.ends_with("WEBP")) return "image/webp";
  if (start.substr(4, 4) == "ftyp") return start.substr(8, 2) == "qt" ? "video/quicktime" : "video/mp4";
  return nullptr;
}

base::Json definition() {
  const base::Json agent{{"name", "zoetrope"}, {"version", base::version()}};
  const base::Json created{{"action", "c2pa.created"},
                           {"digitalSourceType", "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"},
                           {"softwareAgent", agent}};
  return {{"claim_generator_info", {agent}},
          {"assertions", {{{"label", "c2pa.actions.v2"}, {"data", {{"actions", base::Json::array({created})}}}}}}};
}

Manifest unreadable(const std::string& reason) {
  Manifest manifest;
  manifest.problems = {reason};
  return manifest;
}

}  // namespace

std::string c2pa_problem() { return opened().problem; }

bool can_hold_manifest(const fs::path& file) {
  const std::string suffix = file.extension().string();
  return !media::media_type(suffix).empty() && suffix != ".webm" && suffix != ".mkv" && suffix != ".gif";
}

void sign_file(const fs::path& file, const fs::path& suffix, const Credentials& credentials) {
  const Library& l = library();
  auto refused = [&] { return base::Error("{}: the C2PA library cannot sign it: {}", file.string(), taken(l.error())); };
  const Held<C2paBuilder> builder(l.builder_from_json(definition().dump().c_str()), l.builder_free);
  if (!builder) throw refused();
  const C2paSignerInfo info{credentials.algorithm.c_str(), credentials.certificates.c_str(), credentials.key.c_str(), nullptr};
  const Held<C2paSigner> signer(l.signer_from_info(&info), l.signer_free);
  if (!signer) throw refused();
  base::AtomicFile made(file);
  Stream from(file, std::ios::in), to(made.temporary(), std::ios::in | std::ios::out);
  const uint8_t* manifest = nullptr;
  if (l.builder_sign(builder.get(), std::string(media::media_type(suffix.extension().string())).c_str(), from.get(), to.get(), signer.get(),
                     &manifest) < 0)
    throw refused();
  if (manifest != nullptr) l.manifest_bytes_free(manifest);
  if (!to.close()) throw base::Error("{}: cannot be written", file.string());
  made.commit();
}

std::optional<Manifest> read_manifest(const fs::path& file) try {
  const Library& l = library();
  const char* type = media_type_inside(file);
  if (type == nullptr) return std::nullopt;
  Stream stream(file, std::ios::in);
  const Held<C2paReader> reader(l.reader_from_stream(type, stream.get()), l.reader_free);
  if (!reader) {
    const std::string reason = taken(l.error());
    if (reason.starts_with("ManifestNotFound") || reason.find("JumbfNotFound") != std::string::npos) return std::nullopt;
    return unreadable(reason);
  }
  const base::Json json = base::Json::parse(taken(l.reader_json(reader.get())), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  Manifest found;
  const std::string state = json.value("validation_state", base::Json("")).dump();
  found.is_trusted = state == "\"Trusted\"";
  found.is_valid = found.is_trusted || state == "\"Valid\"";
  const base::Json empty = base::Json::object();
  const base::Json manifest = json.value("manifests", empty).value(json.value("active_manifest", std::string()), empty);
  const base::Json signature = manifest.value("signature_info", empty);
  found.signer = signature.value("common_name", signature.value("issuer", std::string()));
  for (const base::Json& generator : manifest.value("claim_generator_info", base::Json::array()))
    found.made_by = generator.value("name", std::string());
  found.generated = manifest.dump().find("digitalsourcetype/trainedAlgorithmicMedia") != std::string::npos;
  for (const base::Json& status : json.value("validation_status", base::Json::array()))
    if (std::string code = status.value("code", std::string()); code != "signingCredential.untrusted") found.problems.push_back(code);
  return found;
} catch (const base::Json::exception& wrong) {
  return unreadable(wrong.what());
}

}  // namespace zoetrope::provenance
