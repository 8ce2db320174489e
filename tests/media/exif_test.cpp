#include "zoetrope/media/exif.h"

#include <gtest/gtest.h>

#include "tests/media/clips.h"
#include "tests/temporary_folder.h"
#include "zoetrope/media/image.h"

namespace zoetrope::media {
namespace {

using std::string_literals::operator""s;

/// An Exif block with two entries, the second of which is the orientation.
std::string exif(char orientation, bool big_endian) {
  const std::string other = big_endian ? "\x01\x0f\0\x02\0\0\0\x01\0\0\0\0"s : "\x0f\x01\x02\0\x01\0\0\0\0\0\0\0"s;
  if (big_endian) return "MM\0\x2a\0\0\0\x08\0\x02"s + other + "\x01\x12\0\x03\0\0\0\x01\0"s + orientation + "\0\0\0\0\0\0"s;
  return "II\x2a\0\x08\0\0\0\x02\0"s + other + "\x12\x01\x03\0\x01\0\0\0"s + orientation + "\0\0\0\0\0\0\0"s;
}

TEST(Exif, TellsTheOrientationInBothByteOrders) {
  for (char orientation = 1; orientation <= 8; ++orientation)
    for (bool big_endian : {false, true}) {
      EXPECT_EQ(exif_orientation(exif(orientation, big_endian)), orientation);
      EXPECT_EQ(exif_orientation("Exif\0\0"s + exif(orientation, big_endian)), orientation);
    }
}

TEST(Exif, TellsNothingWhereItIsMalformed) {
  EXPECT_FALSE(exif_orientation(""));
  EXPECT_FALSE(exif_orientation("II"));
  EXPECT_FALSE(exif_orientation(exif(9, false)));
  EXPECT_FALSE(exif_orientation(exif(0, true)));
  EXPECT_FALSE(exif_orientation("II\x2a\0\xff\xff\xff\xff"s));            // a directory beyond the end
  EXPECT_FALSE(exif_orientation("II\x2a\0\x08\0\0\0\xff\xff"s + "\0"s));  // more entries than bytes
  for (size_t length = 0; length < 30; ++length) EXPECT_FALSE(exif_orientation(exif(6, false).substr(0, length))) << length;
}

TEST(Exif, IsAChunkOfPng) {
  TemporaryFolder folder;
  write_image(folder / "a.png", at::zeros({4, 6, 3}, at::kByte));
  std::string png = test::bytes_of(folder / "a.png");
  EXPECT_FALSE(png_exif(png));
  EXPECT_FALSE(is_animated_png(png));
  const std::string block = exif(6, true), chunk = "\0\0\0"s + static_cast<char>(block.size()) + "eXIf" + block + "\0\0\0\0"s;
  png.insert(33, chunk);  // behind the header; FFmpeg does not look at its checksum
  EXPECT_EQ(png_exif(png), block);
  EXPECT_FALSE(png_exif(png.substr(0, 40)));
}

}  // namespace
}  // namespace zoetrope::media
