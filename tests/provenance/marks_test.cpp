#include "zoetrope/provenance/marks.h"

#include <gtest/gtest.h>

#include "zoetrope/base/error.h"

namespace zoetrope::provenance {
namespace {

const std::string request = R"({"schema":"zoetrope/request/2","prompt":"a cat","seed":7})";

TEST(Payload, FollowsFromTheRequestAlone) {
  EXPECT_EQ(payload_of(request), payload_of(R"({"schema": "zoetrope/request/2", "prompt": "a cat", "seed": 7, "marks": {"aigc": true}})"));
  EXPECT_EQ(payload_of(request), payload_of(metadata_of({}, request).request));
  EXPECT_NE(payload_of(request), payload_of(R"({"schema":"zoetrope/request/2","prompt":"a cat","seed":8})"));
  EXPECT_NE(payload_of("no JSON"), payload_of("other text"));
  EXPECT_EQ(to_hex(0x0123456789abcdef), "0123456789abcdef");
}

TEST(AigcLabel, HasTheKeysOfTheGuideInItsOrder) {
  EXPECT_EQ(aigc_label("00119144", 0xff), R"({"Label":"1","ContentProducer":"00119144","ProduceID":"00000000000000ff","ReservedCode1":"",)"
                                          R"("ContentPropagator":"","PropagateID":"","ReservedCode2":""})");
  const auto read = read_aigc_label(aigc_label("me", 1));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->producer + read->produce_id, "me0000000000000001");
  for (const char* none :
       {"", "{}", "[1]", R"({"Label":"2","ContentProducer":"a","ProduceID":"b"})", R"({"Label":1,"ContentProducer":"a"})"})
    EXPECT_FALSE(read_aigc_label(none)) << none;
}

TEST(AigcLabel, RefusesAProducerThatIsNotAscii) {
  for (const std::string producer : {"", "制作者", "a\nb"}) EXPECT_THROW(aigc_label(producer, 1), base::InvalidRequest) << producer;
}

TEST(MetadataOf, LeavesOutWhatIsOff) {
  EXPECT_EQ(metadata_of(Marks::none(), request).request, request);
  EXPECT_EQ(metadata_of(Marks::none(), request).aigc, "");
  const media::Metadata off = metadata_of({.metadata = false}, request);
  EXPECT_EQ(off.request.find("cat"), std::string::npos);
  EXPECT_NE(off.request.find("zoetrope"), std::string::npos);  // the program knows its own file
  EXPECT_EQ(off.aigc, "");
}

}  // namespace
}  // namespace zoetrope::provenance
