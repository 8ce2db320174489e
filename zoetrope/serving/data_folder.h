#pragma once
#include <filesystem>
#include <string>

namespace zoetrope::serving {

/// The folder in which server and workers meet: the files of jobs, what was uploaded for them, and the table of jobs where that is
/// SQLite's.
struct DataFolder {
  std::filesystem::path root;

  /// The files of a job: its artifacts, `preview_name` while it runs, and what an unfinished attempt leaves for the next one.
  std::filesystem::path job(const std::string& id) const { return jobs() / id; }
  std::filesystem::path jobs() const { return root / "jobs"; }
  /// Media that jobs name, each under its hash: SHA256.png.
  std::filesystem::path uploads() const { return root / "uploads"; }
  /// What is known of characters, each under its id.
  std::filesystem::path characters() const { return root / "characters"; }
  std::filesystem::path database() const { return root / "jobs.sqlite"; }
};

/// What a running job looks like so far: an animation of a frame for each latent one, written again and again.
constexpr const char* preview_name = "preview.webp";

/// `zoetrope` in XDG_DATA_HOME or else in ~/.local/share; an error where the environment names neither.
DataFolder default_data_folder();

}  // namespace zoetrope::serving
