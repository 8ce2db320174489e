#include "zoetrope/world/write_dataset.h"

#include <sstream>

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"

namespace zoetrope::world {
namespace {

const data::ClipShape small_clip{5, 48, 64, {8, 1}};

std::vector<base::Json> lines(const std::filesystem::path& file) {
  std::istringstream stream(base::read_file(file));
  std::vector<base::Json> found;
  for (std::string line; std::getline(stream, line);) found.push_back(base::Json::parse(line));
  return found;
}

size_t entries(const std::filesystem::path& folder) {
  return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
}

TEST(DataSet, HasALineForEachClip) {
  TemporaryFolder folder;
  base::Observer observer;
  World world((Settings()));
  write_dataset(world, small_clip, 3, folder / "deep" / "set", observer);
  std::vector<base::Json> metadata = lines(folder / "deep" / "set" / "metadata.jsonl");
  ASSERT_EQ(metadata.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    data::Example e = world.example(i, small_clip);
    EXPECT_EQ(metadata[i]["file_name"], fmt::format("{:06}.mp4", i));
    EXPECT_TRUE(std::filesystem::exists(folder / "deep" / "set" / metadata[i]["file_name"].get<std::string>()));
    EXPECT_EQ(metadata[i]["caption"], e.caption);
    EXPECT_EQ(metadata[i]["caption_zh"], e.caption_zh);
    EXPECT_EQ(metadata[i]["truth"]["objects"][0]["frames"].size(), 5u);
  }
  EXPECT_EQ(entries(folder / "deep" / "set"), 4u);
  EXPECT_EQ(entries(folder / "deep"), 1u);
}

TEST(DataSet, OfImagesHoldsPng) {
  TemporaryFolder folder;
  base::Observer observer;
  write_dataset(World(Settings()), {1, 32, 32, {16, 1}}, 2, folder / "set", observer);
  EXPECT_TRUE(std::filesystem::exists(folder / "set" / "000001.png"));
}

TEST(DataSet, NeverTouchesAFolderThatExists) {
  TemporaryFolder folder;
  base::Observer observer;
  base::write_file(folder / "set" / "mine.txt", "mine");
  EXPECT_THROW(write_dataset(World(Settings()), small_clip, 1, folder / "set", observer), base::UsageError);
  EXPECT_EQ(base::read_file(folder / "set" / "mine.txt"), "mine");
  EXPECT_EQ(entries(folder.path), 1u);
}

TEST(DataSet, CancelledLeavesNothingBehind) {
  struct Impatient : base::Observer {
    void progress(const std::string&, int64_t step, int64_t) override { done = step; }
    bool cancelled() const override { return done >= 2; }
    int64_t done = 0;
  } observer;
  TemporaryFolder folder;
  EXPECT_THROW(write_dataset(World(Settings()), small_clip, 5, folder / "set", observer), base::Cancelled);
  EXPECT_EQ(entries(folder.path), 0u);
}

}  // namespace
}  // namespace zoetrope::world
