#include "zoetrope/serving/disk.h"

#include <set>
#include <sys/stat.h>
#include <vector>

#include "zoetrope/base/files.h"

namespace zoetrope::serving {
namespace {

namespace fs = std::filesystem;

/// The entries of a folder that can be read; others, and a folder that is missing, are passed over.
template <class Each>
void each_entry(const fs::path& folder, Each&& each) {
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) each(entry->path());
}

bool is_older(const fs::path& file, double seconds) {
  std::error_code failed;
  const auto changed = fs::last_write_time(file, failed);
  return !failed && std::chrono::duration<double>(fs::file_time_type::clock::now() - changed).count() > seconds;
}

/// The files that unfinished jobs and characters name.
std::set<std::string> wanted_uploads(const DataFolder& data, JobStore& store) {
  std::set<std::string> names;
  for (const Job& job : store.unfinished())
    for (const base::Json& condition : job.request.value("conditions", base::Json::array()))
      for (const char* key : {"media", "mask"})
        if (condition.is_object() && condition.contains(key) && condition[key].is_string()) names.insert(condition[key].get<std::string>());
  each_entry(data.characters(), [&](const fs::path& file) {
    const base::Json json = base::Json::parse(base::read_file(file, size_t{1} << 20), nullptr, /*allow_exceptions=*/false);
    if (json.is_object() && json.contains("video") && json["video"].is_string()) names.insert(json["video"].get<std::string>());
  });
  return names;
}

}  // namespace

int64_t bytes_of(const DataFolder& data) {
  int64_t bytes = 0;
  std::set<ino_t> seen;
  auto add = [&](const fs::path& file) {
    struct stat found = {};
    if (::lstat(file.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return;
    if (found.st_nlink > 1 && !seen.insert(found.st_ino).second) return;
    bytes += found.st_size;
  };
  each_entry(data.uploads(), add);
  each_entry(data.jobs(), [&](const fs::path& job) { each_entry(job, add); });
  return bytes;
}

void touch_upload(const fs::path& file) {
  std::error_code failed;  // a file system may refuse; then it lives as long as it would have
  fs::last_write_time(file, fs::file_time_type::clock::now(), failed);
}

int64_t sweep_uploads(const DataFolder& data, JobStore& store, double time_to_live) {
  if (time_to_live <= 0) return 0;
  std::vector<fs::path> old;
  each_entry(data.uploads(), [&](const fs::path& file) {
    if (is_older(file, time_to_live)) old.push_back(file);
  });
  if (old.empty()) return 0;
  // A job that is made from now on touches its files before it is stored, so they are not old any more.
  const std::set<std::string> wanted = wanted_uploads(data, store);
  int64_t removed = 0;
  for (const fs::path& file : old) {
    std::error_code failed;
    if (!wanted.contains(file.filename().string()) && is_older(file, time_to_live) && fs::remove(file, failed)) ++removed;
  }
  return removed;
}

}  // namespace zoetrope::serving
