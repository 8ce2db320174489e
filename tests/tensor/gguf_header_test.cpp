#include "zoetrope/tensor/gguf_header.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/tensor/gguf_bytes.h"

namespace zoetrope::tensor {
namespace {

using testing::HasSubstr;

constexpr uint32_t gguf_f32 = 0, gguf_q8_0 = 8, gguf_u32 = 4, gguf_list = 9;

TEST(GgufHeader, SaysWhatAFileHolds) {
  FileHeader header = parse_gguf_header(bytes_of_gguf(valid_gguf()), "x");
  ASSERT_EQ(header.tensors.size(), 2u);
  const TensorEntry &a = header.tensors.at("a"), &b = header.tensors.at("b");
  EXPECT_EQ(a.shape, (std::vector<int64_t>{2, 64})) << "in the order of PyTorch";
  EXPECT_STREQ(a.blocks->name, "q8_0");
  EXPECT_EQ(a.end - a.begin, 4u * 34);
  EXPECT_EQ(b.shape, (std::vector<int64_t>{1, 2, 3})) << "as it was before it was flattened";
  EXPECT_EQ(b.dtype, at::kFloat);
  EXPECT_EQ(b.begin, 160u);
  EXPECT_EQ(header.metadata.at("general.architecture"), "wan");
  EXPECT_EQ(header.metadata.at("words"), "2 of text");
  EXPECT_EQ(header.metadata.at("half"), "0.5");
}

TEST(GgufHeader, OfWhatIsWrittenIsReadBack) {
  FileHeader header = parse_gguf_header(bytes_of_gguf(valid_gguf()), "x");
  std::string written = format_gguf_header(header.tensors, {{"general.architecture", std::string("wan")}, {"n", uint32_t{7}}});
  written.resize(written.size() + 184);
  FileHeader again = parse_gguf_header(bytes_of_gguf(written), "x");
  EXPECT_EQ(again.metadata.at("n"), "7");
  EXPECT_EQ(again.tensors.at("a").shape, header.tensors.at("a").shape);
  EXPECT_EQ(again.tensors.at("b").shape, header.tensors.at("b").shape);
  EXPECT_EQ(again.data_start % gguf_alignment, 0u);
  EXPECT_THAT(complaint([] { format_gguf_header({{"a", {at::kBool, {1}, 0, 1}}}, {}); }), HasSubstr("which GGUF files cannot hold"));
}

TEST(GgufHeader, RefusesWhatIsWrongWithASentence) {
  auto file = [](uint64_t tensors, uint64_t values) { return GgufBytes().magic(3, tensors, values); };
  const std::pair<std::string, const char*> wrong[] = {
      {"GGML", "does not begin with 'GGUF'"},
      {GgufBytes().magic(1, 0, 0).with_data(0), "of version 1; versions 2 and 3"},
      {GgufBytes().magic(3 << 24, 0, 0).with_data(0), "little-endian"},
      {file(1, 0).with_data(0), "is it cut off?"},
      {file(~uint64_t{0}, 0).with_data(0), "is it cut off?"},
      {file(0, 1).number(~uint64_t{0}).with_data(0), "is it cut off?"},
      {file(0, 1).text("k").number(uint32_t{13}).with_data(8), "'k' in the GGUF header has the unknown type 13"},
      {file(0, 1).text("k").number(gguf_list).number(uint32_t{99}).number(uint64_t{0}).with_data(8), "the list 'k'"},
      {file(0, 1).text("k").number(gguf_list).number(gguf_u32).number(~uint64_t{0}).with_data(8), "too many"},
      {file(0, 2).text("k").number(gguf_u32).number(uint32_t{1}).text("k").number(gguf_u32).number(uint32_t{1}).with_data(0),
       "'k' occurs twice"},
      {file(0, 1).text("general.alignment").number(gguf_u32).number(uint32_t{24}).with_data(0), "a power of two from 8"},
      {file(1, 0).tensor("t", {4}, 77, 0).with_data(64), "'t' is of the type 77, which is not supported; supported are q8_0, q6_k"},
      {file(1, 0).tensor("t", {256}, 10, 0).with_data(999), "is of the type q2_k, which is not supported"},
      {file(1, 0).tensor("t", {33, 2}, gguf_q8_0, 0).with_data(999), "rows of 33, which must be a multiple of 32"},
      {file(1, 0).tensor("t", {}, gguf_q8_0, 0).with_data(999), "has no shape"},
      {file(1, 0).tensor("t", {4}, gguf_f32, 8).with_data(64), "byte 8 of the data, which is no multiple of 32"},
      {file(1, 0).tensor("t", {8}, gguf_f32, 32).with_data(60), "is only 60 bytes long; is the file cut off?"},
      {file(1, 0).tensor("t", {uint64_t{1} << 62, 8}, gguf_f32, 0).with_data(64), "too large to address"},
      {file(1, 0).tensor("t", {~uint64_t{0}}, gguf_f32, 0).with_data(64), "which is too large"},
      {file(1, 0).tensor("t", {1, 1, 1, 1, 1, 1, 1, 1, 1}, gguf_f32, 0).with_data(64), "has 9 dimensions; the limit is 8"},
      {file(1, 0).tensor("t", {8}, gguf_f32, ~uint64_t{31}).with_data(64), "of the data"},
      {file(2, 0).tensor("t", {8}, gguf_f32, 0).tensor("t", {8}, gguf_f32, 32).with_data(64), "'t' occurs twice"},
      {file(2, 0).tensor("t", {16}, gguf_f32, 0).tensor("u", {8}, gguf_f32, 32).with_data(64), "overlaps the one before it"},
      {file(1, 0).tensor(std::string(2000, 'n'), {8}, gguf_f32, 0).with_data(64), "2000 bytes long"},
      {file(1, 1)
           .text("comfy.gguf.orig_shape.t")
           .number(gguf_list)
           .number(gguf_u32)
           .number(uint64_t{1})
           .number(uint32_t{9})
           .tensor("t", {8}, gguf_f32, 0)
           .with_data(64),
       "the original shape of tensor 't', [9], is not that of its [8]"}};
  for (const auto& [bytes, sentence] : wrong)
    EXPECT_THAT(complaint([&, &bytes = bytes] { parse_gguf_header(bytes_of_gguf(bytes), "x"); }), HasSubstr(sentence));
}

}  // namespace
}  // namespace zoetrope::tensor
