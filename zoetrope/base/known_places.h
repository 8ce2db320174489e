#pragma once
#include <filesystem>
#include <string>

namespace zoetrope::base {

// Generated files name what they were made with by name and hash, never by a path: they tell nothing about the machine. Where those things
// were on this machine stands in the user's cache instead, by their hash, so that a clip can be made again from itself.

/// Notes where the file or folder with this hash (or another key of letters, digits, '.', '-' and '_') is. Without a cache nothing happens.
void remember_place(const std::string& key, const std::filesystem::path& path);

/// Where it was when it was noted last; empty if it never was, or is there no more.
std::filesystem::path remembered_place(const std::string& key);

}  // namespace zoetrope::base
