#include "zoetrope/base/known_places.h"

#include <algorithm>
#include <cctype>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"

namespace zoetrope::base {
namespace {

constexpr size_t longest_key = 200, longest_path = size_t{1} << 16;

/// The file that holds the place; empty where there can be none.
std::filesystem::path note_of(const std::string& key) {
  const bool is_name = !key.empty() && key.size() <= longest_key && key.front() != '.' &&
                       std::ranges::all_of(key, [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '-' || c == '_'; });
  const std::filesystem::path cache = cache_folder();
  return cache.empty() || !is_name ? std::filesystem::path() : cache / "places" / key;
}

}  // namespace

void remember_place(const std::string& key, const std::filesystem::path& path) try {
  const std::filesystem::path note = note_of(key);
  if (!note.empty() && remembered_place(key) != path) write_file(note, std::filesystem::absolute(path).lexically_normal().native());
} catch (const std::exception&) {  // a cache that cannot be written is as good as none
}

std::filesystem::path remembered_place(const std::string& key) try {
  const std::filesystem::path note = note_of(key);
  if (note.empty() || !std::filesystem::is_regular_file(note)) return {};
  const std::filesystem::path path = read_file(note, longest_path);
  return std::filesystem::exists(path) ? path : std::filesystem::path();
} catch (const std::exception&) {
  return {};
}

}  // namespace zoetrope::base
