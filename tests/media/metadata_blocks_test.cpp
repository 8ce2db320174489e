#include "zoetrope/media/metadata_blocks.h"

#include <gtest/gtest.h>

#include "tests/media/clips.h"
#include "tests/temporary_folder.h"

namespace zoetrope::media {
namespace {

using namespace test;

// The smallest frames of each format into which a text goes; no decoder looks at them here.
std::string png() {
  return "\x89PNG\r\n\x1a\n" + std::string("\0\0\0\x0dIHDR", 8) + std::string(13 + 4, 'x') + std::string("\0\0\0\0IEND", 8) + "crc!";
}
std::string jpeg() { return std::string("\xff\xd8\xff\xe0\0\x04xy\xff\xda\0\x02pixels\xff\xd9", 20); }

TEST(MetadataBlocks, PngTextFollowsTheHeader) {
  std::string with = with_png_text(png(), "zoetrope", long_request());
  EXPECT_EQ(png_text(with, "zoetrope"), long_request());
  EXPECT_EQ(png_text(with, "Comment"), std::nullopt);
  EXPECT_EQ(png_text(with_png_text(with, "Comment", "{}"), "zoetrope"), long_request());
  EXPECT_EQ(with.find("iTXtzoetrope"), 8 + 25 + 4);
  EXPECT_EQ(png_text(png(), "zoetrope"), std::nullopt);
  EXPECT_EQ(with_png_text(png(), "zoetrope", ""), png());
}

TEST(MetadataBlocks, JpegTextSpansSegmentsAndSplitsNoCharacter) {
  std::string with = with_jpeg_comment(jpeg(), long_request());
  EXPECT_EQ(jpeg_comment(with), long_request());
  size_t second = with.find("\xff\xfe", 4 + 60000);
  ASSERT_NE(second, with.npos);
  EXPECT_EQ(with.substr(second + 4, 9), "zoetrope ");
  EXPECT_NE(static_cast<unsigned char>(with[second + 13]) & 0xc0, 0x80);
  EXPECT_TRUE(jpeg_comment(with_jpeg_comment(jpeg(), std::string(70000, '\x80'))) == std::string(70000, '\x80'));  // no UTF-8 at all
}

TEST(MetadataBlocks, JpegXmpStandsBesideTheComment) {
  const std::string with = with_jpeg_xmp(with_jpeg_comment(jpeg(), "{}"), "<packet>");
  EXPECT_EQ(jpeg_xmp(with), "<packet>");
  EXPECT_EQ(jpeg_comment(with), "{}");
  EXPECT_EQ(jpeg_xmp(jpeg()), std::nullopt);
  EXPECT_EQ(with_jpeg_xmp(jpeg(), ""), jpeg());
}

TEST(MetadataBlocks, CommentsOfOthersAreNotOurs) {
  std::string other = jpeg();
  other.insert(2, std::string("\xff\xfe\0\x0bmade by x", 13));
  EXPECT_EQ(jpeg_comment(other), std::nullopt);
  EXPECT_EQ(jpeg_comment(with_jpeg_comment(other, "{}")), "{}");
}

TEST(MetadataBlocks, XmpEscapesWhatXmlReserves) {
  std::string text = "a & b < c > d &amp; \r\n \" ' 红 </zoetrope:request>";
  std::string packet = xmp_packet(text, "{\"Label\":\"1\"}");
  EXPECT_EQ(xmp_property(packet, xmp_request), text);
  EXPECT_EQ(xmp_property(packet, xmp_aigc), "{\"Label\":\"1\"}");
  EXPECT_EQ(xmp_property(xmp_packet("", "a"), xmp_request), std::nullopt);
  EXPECT_EQ(xmp_packet("", ""), "");
  EXPECT_EQ(packet.find(" & "), packet.npos);
  EXPECT_EQ(xmp_property("<x:xmpmeta/>", xmp_request), std::nullopt);
  EXPECT_EQ(xmp_property("</zoetrope:request><zoetrope:request>", xmp_request), std::nullopt);
}

TEST(MetadataBlocks, BrokenBytesHoldNoText) {
  TemporaryFolder folder;
  put_bytes(folder / "a.gif", std::string("GIF89a\x02\0\x02\0\x80\0\0colour\x2c\0\0\0\0\x02\0\x02\0\0\x02\x02\x44\x01\0\x3b", 13 + 6 + 16));
  append_gif_comment(folder / "a.gif", std::string(600, 'g'));
  std::string gif = bytes_of(folder / "a.gif");
  EXPECT_EQ(gif_comment(gif), std::string(600, 'g'));
  const std::string webp("RIFF\x28\0\0\0WEBPXMP \x03\0\0\0abc\0", 24);
  EXPECT_EQ(webp_xmp(webp), "abc");
  // Cut anywhere, each is read to its end and no further.
  std::string longer_png = with_png_text(png(), "zoetrope", "text"),
              longer_jpeg = with_jpeg_xmp(with_jpeg_comment(jpeg(), "text"), "<packet>");
  for (size_t i = 0; i < 700; ++i) {
    EXPECT_EQ(gif_comment(std::string_view(gif).substr(0, i)).value_or("g")[0], 'g');
    webp_xmp(std::string_view(webp).substr(0, i));
    png_text(std::string_view(longer_png).substr(0, i), "zoetrope");
    jpeg_xmp(std::string_view(longer_jpeg).substr(0, i));
    jpeg_comment(std::string_view(longer_jpeg).substr(0, i));
  }
  EXPECT_EQ(png_text("\x89PNG\r\n\x1a\n\xff\xff\xff\xffiTXtzoetrope", "zoetrope"), std::nullopt);
  EXPECT_EQ(gif_comment("GIF89a"), std::nullopt);
}

}  // namespace
}  // namespace zoetrope::media
