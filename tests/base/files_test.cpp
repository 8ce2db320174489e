#include "zoetrope/base/files.h"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"

namespace zoetrope::base {
namespace {

namespace fs = std::filesystem;

int64_t files_in(const fs::path& folder) { return std::distance(fs::directory_iterator(folder), fs::directory_iterator()); }

TEST(WithEnding, ReplacesTheSuffix) {
  EXPECT_EQ(with_ending("a/clip.v2.mp4", "-3.mp4"), "a/clip.v2-3.mp4");
  EXPECT_EQ(with_ending("clip", ".latents.safetensors"), "clip.latents.safetensors");
}

TEST(WithEnding, CutsWhatTheFileSystemDoesNotTakeAtACharacter) {
  const std::string letters(255, 'a');
  EXPECT_EQ(with_ending("/" + letters + ".mp4", ".mp4"), "/" + letters.substr(4) + ".mp4");
  std::string stem = "a", cut = "a";
  for (int i = 0; i < 90; ++i) stem += "球";
  for (int i = 0; i < 83; ++i) cut += "球";  // 250 bytes; one more would be 253
  EXPECT_EQ(with_ending("/" + stem + ".mp4", ".mp4"), "/" + cut + ".mp4");
}

TEST(AtomicFile, TakesANameAsLongAsTheFileSystemDoes) {
  TemporaryFolder folder;
  const fs::path file = folder / (std::string(251, 'a') + ".mp4");
  write_file(file, "frames");
  EXPECT_EQ(read_file(file), "frames");
  EXPECT_EQ(files_in(folder.path), 1);
  EXPECT_THROW(AtomicFile(folder / (std::string(252, 'a') + ".mp4")), Error) << "before anything is computed";
}

TEST(AtomicFile, AppearsOnlyOnCommit) {
  TemporaryFolder folder;
  AtomicFile file(folder / "clip.mp4");
  std::ofstream(file.temporary()) << "frames";
  EXPECT_FALSE(fs::exists(folder / "clip.mp4"));
  file.commit();
  EXPECT_EQ(read_file(folder / "clip.mp4"), "frames");
  EXPECT_EQ(files_in(folder.path), 1);
}

TEST(AtomicFile, LeavesNothingWithoutCommit) {
  TemporaryFolder folder;
  {
    AtomicFile file(folder / "clip.mp4");
    std::ofstream(file.temporary()) << "half";
  }
  EXPECT_EQ(files_in(folder.path), 0);
}

TEST(AtomicFile, KeepsTheOldFileWhenTheNewOneFails) {
  TemporaryFolder folder;
  write_file(folder / "clip.mp4", "old");
  try {
    AtomicFile file(folder / "clip.mp4");
    std::ofstream(file.temporary()) << "new";
    throw Error("the encoder failed");
  } catch (const Error&) {
  }
  EXPECT_EQ(read_file(folder / "clip.mp4"), "old");
  EXPECT_EQ(files_in(folder.path), 1);
}

TEST(AtomicFile, IsWrittenInTheSameFolderWithTheSameSuffix) {
  TemporaryFolder folder;
  AtomicFile first(folder / "clip.mp4"), second(folder / "clip.mp4");
  EXPECT_EQ(first.temporary().parent_path(), folder.path);  // a rename is atomic on one file system only
  EXPECT_EQ(first.temporary().extension(), ".mp4");         // writers choose the format by it
  EXPECT_NE(first.temporary(), second.temporary());
}

TEST(AtomicFile, MakesMissingFolders) {
  TemporaryFolder folder;
  write_file(folder / "a" / "b" / "c.txt", "x");
  EXPECT_EQ(read_file(folder / "a" / "b" / "c.txt"), "x");
}

TEST(AtomicFile, RefusesAFolderAsAFileAndAFileAsAFolder) {
  TemporaryFolder folder;
  write_file(folder / "file", "x");
  EXPECT_THROW(AtomicFile(folder.path), Error);
  EXPECT_THROW(AtomicFile(folder / "file" / "clip.mp4"), Error);
}

TEST(AtomicFile, SurvivesAKillAtAnyMomentWhole) {
  TemporaryFolder folder;
  fs::path path = folder / "state";
  write_file(path, std::string(1 << 16, 'a'));
  for (int pause_us : {0, 100, 1000, 5000}) {
    pid_t child = ::fork();
    if (child == 0) {
      for (char letter = 'b';; letter = letter == 'b' ? 'a' : 'b') write_file(path, std::string(1 << 16, letter));
    }
    ::usleep(pause_us);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    std::string bytes = read_file(path);
    EXPECT_EQ(bytes, std::string(1 << 16, bytes.front()));
  }
}

TEST(ReadFile, GivesEveryByteBack) {
  TemporaryFolder folder;
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  write_file(folder / "bytes", bytes);
  EXPECT_EQ(read_file(folder / "bytes"), bytes);
}

TEST(ReadFile, RefusesWhatIsMissingAFolderOrTooLarge) {
  TemporaryFolder folder;
  write_file(folder / "ten", "0123456789");
  EXPECT_EQ(read_file(folder / "ten", 10).size(), 10u);
  EXPECT_THROW(read_file(folder / "ten", 9), Error);
  EXPECT_THROW(read_file(folder / "none"), Error);
  EXPECT_THROW(read_file(folder.path), Error);
}

TEST(CacheFolder, IsTheUsersOwn) {
  const char *cache = std::getenv("XDG_CACHE_HOME"), *home = std::getenv("HOME");
  const std::string cache_before = cache == nullptr ? "" : cache, home_before = home == nullptr ? "" : home;
  ::setenv("HOME", "/home/a", 1);
  ::setenv("XDG_CACHE_HOME", "/cache", 1);
  EXPECT_EQ(cache_folder(), "/cache/zoetrope");
  ::unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(cache_folder(), "/home/a/.cache/zoetrope");
  ::unsetenv("HOME");
  EXPECT_EQ(cache_folder(), "");
  if (home != nullptr) ::setenv("HOME", home_before.c_str(), 1);
  if (cache != nullptr) ::setenv("XDG_CACHE_HOME", cache_before.c_str(), 1);
}

TEST(TemporaryFiles, RemovesWhatIsNotFinishedAndNothingElse) {
  TemporaryFolder folder;
  write_file(folder / "finished", "whole");
  AtomicFile half(folder / "half");
  ASSERT_TRUE(std::filesystem::exists(half.temporary()));
  TemporaryFiles::remove_all();
  EXPECT_FALSE(std::filesystem::exists(half.temporary()));
  EXPECT_TRUE(std::filesystem::exists(folder / "finished"));
}

TEST(TemporaryFiles, BearsMoreFilesThanItRemembers) {
  TemporaryFolder folder;
  std::vector<std::unique_ptr<TemporaryFiles>> many;
  for (int i = 0; i < 100; ++i) many.push_back(std::make_unique<TemporaryFiles>(folder / std::to_string(i)));
  many.clear();
  write_file(folder / "file", "");
  TemporaryFiles again(folder / "file");
  TemporaryFiles::remove_all();
  EXPECT_FALSE(std::filesystem::exists(folder / "file"));
}

}  // namespace
}  // namespace zoetrope::base
