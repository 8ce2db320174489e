#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "zoetrope/base/files.h"
#include "zoetrope/base/hash.h"
#include "zoetrope/serving/http/message.h"

namespace zoetrope::serving {

/// A file that comes piece by piece, and lies in the folder of uploads as HASH.suffix when it is whole. Without `finish` nothing stays.
class IncomingFile {
 public:
  /// `name` is the client's: only its suffix is used, if it is a plain one.
  IncomingFile(const std::filesystem::path& folder, std::string name);
  ~IncomingFile();
  IncomingFile(const IncomingFile&) = delete;
  IncomingFile& operator=(const IncomingFile&) = delete;

  /// An error tells when the disk is full.
  void write(std::string_view bytes);
  http::Upload finish();

 private:
  std::filesystem::path folder_;
  http::Upload upload_;
  base::AtomicFile file_;
  int descriptor_;
  base::Sha256 hash_;
};

/// Stores bytes that are there already.
http::Upload store_upload(const std::filesystem::path& folder, const std::string& name, std::string_view bytes);

/// Stores a file of ours as if it had been uploaded, without a copy where the file system can.
http::Upload store_upload(const std::filesystem::path& folder, const std::filesystem::path& file);

/// The stored file of that name (64 hexadecimal digits and a suffix); nothing if the name has another form or there is none.
std::optional<http::Upload> find_upload(const std::filesystem::path& folder, const std::string& id);

}  // namespace zoetrope::serving
