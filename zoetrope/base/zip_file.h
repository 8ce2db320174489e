#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "zoetrope/base/files.h"

namespace zoetrope::base {

/// Writes an archive of files as they are, without compression (PKWARE APPNOTE 6.3.10, sections 4.3.7 to 4.3.16): for pictures and videos,
/// which are compressed already. It appears whole at `finish` or not at all. At most 65,535 files and 4 GB; more is an error.
class ZipFile {
 public:
  explicit ZipFile(const std::filesystem::path& path);

  /// Adds a file; its name is UTF-8 with slashes.
  void add(std::string_view name, std::string_view bytes);
  void finish();

 private:
  void write(std::string_view bytes);

  AtomicFile file_;
  std::ofstream out_;
  std::string directory_;  // the central one, which stands at the end
  int64_t files_ = 0, position_ = 0;
};

}  // namespace zoetrope::base
