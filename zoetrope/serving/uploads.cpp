#include "zoetrope/serving/uploads.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "zoetrope/base/error.h"
#include "zoetrope/serving/disk.h"

namespace zoetrope::serving {
namespace {

namespace fs = std::filesystem;

bool is_small_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// ".png" of "Photo.PNG"; ".bin" where the name has no suffix of up to five letters and digits.
std::string plain_suffix(const std::string& name) {
  constexpr size_t longest = 5;
  const size_t dot = name.rfind('.');
  std::string suffix = dot == name.npos ? "" : name.substr(dot + 1);
  for (char& c : suffix)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  const bool is_plain = !suffix.empty() && suffix.size() <= longest && std::ranges::all_of(suffix, is_small_or_digit);
  return "." + (is_plain ? suffix : "bin");
}

}  // namespace

IncomingFile::IncomingFile(const fs::path& folder, std::string name)
    : folder_(folder), upload_{std::move(name), {}, {}, 0}, file_(folder / ("incoming" + plain_suffix(upload_.name))) {
  descriptor_ = ::open(file_.temporary().c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor_ < 0) throw base::Error("'{}' cannot be stored: {}", upload_.name, std::strerror(errno));
}

IncomingFile::~IncomingFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void IncomingFile::write(std::string_view bytes) {
  hash_.add(bytes);
  upload_.bytes += static_cast<int64_t>(bytes.size());
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw base::Error("'{}' cannot be stored: {}", upload_.name, std::strerror(errno));
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

http::Upload IncomingFile::finish() {
  upload_.sha256 = hash_.digest();
  upload_.file = folder_ / (upload_.sha256 + plain_suffix(upload_.name));
  if (fs::exists(upload_.file))
    touch_upload(upload_.file);
  else
    file_.commit_as(upload_.file);
  return upload_;
}

http::Upload store_upload(const fs::path& folder, const std::string& name, std::string_view bytes) {
  IncomingFile file(folder, name);
  file.write(bytes);
  return file.finish();
}

http::Upload store_upload(const fs::path& folder, const fs::path& file) {
  const std::string hash = base::sha256_of_file(file);
  http::Upload upload{file.filename().string(), folder / (hash + plain_suffix(file.string())), hash,
                      static_cast<int64_t>(fs::file_size(file))};
  fs::create_directories(folder);
  std::error_code failed;
  if (!fs::exists(upload.file)) fs::create_hard_link(file, upload.file, failed);
  if (fs::exists(upload.file)) {
    touch_upload(upload.file);
    return upload;
  }
  base::AtomicFile copy(upload.file);
  fs::copy_file(file, copy.temporary(), fs::copy_options::overwrite_existing, failed);
  if (failed) throw base::Error("'{}' cannot be stored: {}", upload.name, failed.message());
  copy.commit();
  return upload;
}

std::optional<http::Upload> find_upload(const fs::path& folder, const std::string& id) {
  constexpr size_t digits = 64;
  auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (id.size() < digits + 2 || id[digits] != '.' || !std::all_of(id.begin(), id.begin() + digits, is_hex) ||
      !std::all_of(id.begin() + digits + 1, id.end(), is_small_or_digit))
    return std::nullopt;
  std::error_code missing;
  const auto bytes = fs::file_size(folder / id, missing);
  if (missing) return std::nullopt;
  return http::Upload{id, folder / id, id.substr(0, digits), static_cast<int64_t>(bytes)};
}

}  // namespace zoetrope::serving
