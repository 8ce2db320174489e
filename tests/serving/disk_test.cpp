#include "zoetrope/serving/disk.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/base/files.h"

namespace zoetrope::serving {
namespace {

namespace fs = std::filesystem;

struct DiskTest : testing::Test {
  fs::path upload(const std::string& name, double age) {
    base::write_file(data.uploads() / name, "bytes");
    fs::last_write_time(data.uploads() / name, fs::file_time_type::clock::now() - std::chrono::seconds(static_cast<int64_t>(age)));
    return data.uploads() / name;
  }
  std::string job(const std::string& media, const std::string& mask = "") {
    base::Json condition{{"media", media}};
    if (!mask.empty()) condition["mask"] = mask;
    return store->add({.model = "tiny", .request = {{"conditions", {condition}}}}, 100).id;
  }
  TemporaryFolder folder;
  DataFolder data{folder / "data"};
  std::unique_ptr<JobStore> store = open_job_store((fs::create_directories(data.root), data.database()));
};

TEST_F(DiskTest, BytesAreThoseOfClipsAndUploadsEachOnce) {
  EXPECT_EQ(bytes_of(data), 0);
  base::write_file(data.uploads() / "a", std::string(1000, 'a'));
  base::write_file(data.job("video_1") / "video.mp4", std::string(500, 'a'));
  EXPECT_EQ(bytes_of(data), 1500);
  fs::create_hard_link(data.job("video_1") / "video.mp4", data.uploads() / "b");
  EXPECT_EQ(bytes_of(data), 1500);
  fs::create_symlink("/dev/zero", data.uploads() / "c");
  EXPECT_EQ(bytes_of(data), 1500);
}

TEST_F(DiskTest, UploadsGoThatNobodyWants) {
  const fs::path fresh = upload("fresh.png", 10), old = upload("old.png", 100), named = upload("named.png", 100),
                 mask = upload("mask.png", 100), played = upload("hero.mp4", 100);
  const std::string id = job("named.png", "mask.png");
  base::write_file(data.characters() / "char_1.json", R"({"id": "char_1", "video": "hero.mp4"})");
  EXPECT_EQ(sweep_uploads(data, *store, 0), 0) << "without a time to live all stay";
  EXPECT_EQ(sweep_uploads(data, *store, 50), 1);
  EXPECT_FALSE(fs::exists(old));
  for (const fs::path& file : {fresh, named, mask, played}) EXPECT_TRUE(fs::exists(file)) << file;
  store->cancel(id);
  touch_upload(mask);
  EXPECT_EQ(sweep_uploads(data, *store, 50), 1);
  EXPECT_FALSE(fs::exists(named));
  EXPECT_TRUE(fs::exists(mask));
}

}  // namespace
}  // namespace zoetrope::serving
