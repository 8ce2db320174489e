#include "zoetrope/serving/http/url.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "zoetrope/serving/http/byte_range.h"

namespace zoetrope::serving::http {
namespace {

using testing::ElementsAre;

TEST(Url, TargetsAreDecodedPieceByPiece) {
  auto target = parse_target("/v1/a%2Fb/%E7%8C%AB?limit=2&name=a+b%26c&flag&limit=3");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->segments, ElementsAre("v1", "a/b", "\xe7\x8c\xab"));
  EXPECT_EQ(target->query.at("limit"), "3");
  EXPECT_EQ(target->query.at("name"), "a b&c");
  EXPECT_EQ(target->query.at("flag"), "");
  EXPECT_TRUE(parse_target("/")->segments.empty());
  EXPECT_THAT(parse_target("/a//b/")->segments, ElementsAre("a", "", "b", ""));
}

TEST(Url, RefusesWhatCannotBeDecoded) {
  for (const char* text : {"", "v1", "*", "http://host/v1", "/%", "/%4", "/%zz", "/%00", "/a?b=%0"})
    EXPECT_FALSE(parse_target(text)) << text;
}

TEST(Url, EncodingIsUndone) {
  const std::string text = "a b/\xe7\x8c\xab\"%\r\n";
  EXPECT_EQ(percent_decoded(percent_encoded(text)), text);
}

TEST(Range, PartsOfAFile) {
  EXPECT_EQ(parse_range("bytes=0-4", 10).range, (ByteRange{0, 5}));
  EXPECT_EQ(parse_range("bytes=5-", 10).range, (ByteRange{5, 10}));
  EXPECT_EQ(parse_range("bytes=5-999", 10).range, (ByteRange{5, 10}));
  EXPECT_EQ(parse_range("bytes=-3", 10).range, (ByteRange{7, 10}));
  EXPECT_EQ(parse_range("bytes=-30", 10).range, (ByteRange{0, 10}));
}

TEST(Range, WhatTheFileDoesNotHave) {
  for (const char* header : {"bytes=10-", "bytes=10-11", "bytes=-0"}) EXPECT_TRUE(parse_range(header, 10).is_beyond) << header;
  EXPECT_TRUE(parse_range("bytes=-1", 0).is_beyond);
}

TEST(Range, OtherOnesMeanTheWholeFile) {
  for (const char* header : {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=0-1,3-4", "frames=0-1", "bytes=+1-2",
                             "bytes=0x1-", "bytes=99999999999999999999-", "bytes= 0-1"}) {
    EXPECT_FALSE(parse_range(header, 10).range) << header;
    EXPECT_FALSE(parse_range(header, 10).is_beyond) << header;
  }
}

}  // namespace
}  // namespace zoetrope::serving::http
