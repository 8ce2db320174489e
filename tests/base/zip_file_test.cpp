#include "zoetrope/base/zip_file.h"

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"

namespace zoetrope::base {
namespace {

TEST(ZipFile, HoldsFilesAsTheyAreBehindTheirChecksums) {
  TemporaryFolder folder;
  ZipFile zip(folder / "a.zip");
  EXPECT_FALSE(std::filesystem::exists(folder / "a.zip")) << "it appears whole";
  zip.add("a.txt", "123456789");
  zip.add("图/b.txt", "");
  zip.finish();
  const std::string bytes = read_file(folder / "a.zip");
  EXPECT_EQ(bytes.substr(0, 4), "PK\x03\x04");
  EXPECT_EQ(bytes.substr(14, 4), "\x26\x39\xf4\xcb") << "the check value of CRC-32, lowest byte first";
  EXPECT_EQ(bytes.substr(30, 14), "a.txt123456789");
  const size_t directory = bytes.find("PK\x01\x02"), end = bytes.find("PK\x05\x06");
  ASSERT_NE(end, std::string::npos);
  EXPECT_EQ(end + 22, bytes.size());
  EXPECT_EQ(static_cast<uint8_t>(bytes[end + 10]), 2) << "files";
  EXPECT_EQ(static_cast<uint8_t>(bytes[end + 16]), directory);
}

TEST(ZipFile, LeavesNothingWhenItIsNotFinished) {
  TemporaryFolder folder;
  { ZipFile(folder / "a.zip").add("a", "b"); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path));
}

}  // namespace
}  // namespace zoetrope::base
