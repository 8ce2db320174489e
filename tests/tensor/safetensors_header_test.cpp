#include "zoetrope/tensor/safetensors_header.h"

#include <gtest/gtest.h>

#include "tests/tensor/safetensors_bytes.h"
#include "zoetrope/base/error.h"

namespace zoetrope::tensor {
namespace {

std::string refusal(const std::string& bytes) {
  try {
    parse_safetensors_header(as_bytes(bytes), "x.safetensors");
  } catch (const base::Error& error) {
    return error.what();
  }
  return "nothing wrong";
}

std::string refusal(const std::string& header, size_t data_bytes) { return refusal(safetensors_bytes(header, data_bytes)); }

TEST(SafetensorsHeader, TellsWhatTheFileHolds) {
  auto header = parse_safetensors_header(as_bytes(safetensors_bytes(valid_header + "   ", 29)), "x");
  ASSERT_EQ(header.tensors.size(), 2u);
  EXPECT_EQ(header.tensors.at("a").dtype, at::kFloat);
  EXPECT_EQ(header.tensors.at("a").shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(header.tensors.at("b").begin, 24u);
  EXPECT_EQ(header.tensors.at("b").end, 29u);
  EXPECT_EQ(header.metadata.at("format"), "pt");
  EXPECT_EQ(header.data_start, 8 + valid_header.size() + 3);
}

TEST(SafetensorsHeader, AllowsNoTensorsScalarsAndEmptyOnes) {
  EXPECT_EQ(refusal("{}", 0), "nothing wrong");
  EXPECT_EQ(refusal(R"({"a":{"dtype":"I64","shape":[],"data_offsets":[0,8]}})", 8), "nothing wrong");
  EXPECT_EQ(refusal(R"({"a":{"dtype":"F32","shape":[0,4],"data_offsets":[0,0]},"b":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}})", 1),
            "nothing wrong");
}

TEST(SafetensorsHeader, AllowsWhatTheReferenceAllows) {
  const std::string entry = R"("dtype":"U8","shape":[1],"data_offsets":[0,1])";
  EXPECT_EQ(refusal(R"({"__metadata__":null,"a":{)" + entry + "}}", 1), "nothing wrong");
  EXPECT_EQ(refusal(" \n{\"a\":{" + entry + "}}", 1), "nothing wrong");
  EXPECT_EQ(refusal("{\"a\":{" + entry + R"(,"x":0,"y":{"dtype":[{"z":[]}]},"x":[[[1]]]}})", 1), "nothing wrong");
  EXPECT_EQ(refusal("{\"a\":{" + entry + "},\"a\":{" + entry + "}}", 1), "nothing wrong");
}

TEST(SafetensorsHeader, CountsTwoNumbersOfFourBitsAsOneElement) {
  auto header = parse_safetensors_header(as_bytes(safetensors_bytes(R"({"a":{"dtype":"F4","shape":[3,4],"data_offsets":[0,6]}})", 6)), "x");
  EXPECT_EQ(header.tensors.at("a").dtype, at::kFloat4_e2m1fn_x2);
  EXPECT_EQ(header.tensors.at("a").shape, (std::vector<int64_t>{3, 2}));
  EXPECT_NE(format_safetensors_header(header, "x").find(R"("shape":[3,4])"), std::string::npos);
}

TEST(SafetensorsHeader, RefusesFilesThatAreNone) {
  EXPECT_EQ(refusal("\1\2\3\4"), "x.safetensors: is 4 bytes long, too short for a safetensors file");
  EXPECT_EQ(refusal(std::string(8, '\xff')),
            "x.safetensors: is not a safetensors file, or has a header of 18446744073709551615 bytes, more than the limit of 100000000");
  EXPECT_EQ(refusal(safetensors_bytes("{}", 0).substr(0, 9)),
            "x.safetensors: the safetensors header of 2 bytes is longer than the file of 9; is it cut off?");
  EXPECT_EQ(refusal("\xef\xbb\xbf{}", 0), "x.safetensors: the safetensors header does not start with '{'");
  EXPECT_EQ(refusal("{\"a\":", 0), "x.safetensors: the safetensors header is not valid JSON");
  EXPECT_EQ(refusal("{\"\xff\":1}", 0), "x.safetensors: the safetensors header is not valid JSON");
}

TEST(SafetensorsHeader, NamesFilesOfOtherKinds) {
  EXPECT_EQ(refusal("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 2838303776\n"),
            "x.safetensors: is a pointer of git-lfs instead of the file itself; run `git lfs pull` in its folder");
  EXPECT_EQ(refusal(std::string("PK\3\4\0\0\10\10", 8) + std::string(22, '\0') + "archive/data.pkl"),
            "x.safetensors: is a PyTorch file, a zip with a pickle, which can run code when it is read; convert it to safetensors with "
            "Python: safetensors.torch.save_file(torch.load('x.safetensors', weights_only=True), 'x.safetensors')");
  EXPECT_EQ(refusal("\x89PNG\r\n\x1a\n"), "x.safetensors: is a PNG image, not a safetensors file");
  // Its length, 640, begins as a pickle of protocol 2 does.
  EXPECT_EQ(refusal("{}" + std::string(638, ' '), 0), "nothing wrong");
  EXPECT_EQ(refusal(" {}" + std::string(637, ' '), 0), "nothing wrong");
}

struct Malformed {
  std::string header;
  size_t data_bytes;
  std::string complaint;
};

TEST(SafetensorsHeader, NamesEachMalformation) {
  auto entry = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return fmt::format(R"("dtype":"{}","shape":{},"data_offsets":{})", dtype, shape, offsets);
  };
  auto one = [&](auto... fields) { return "{\"a\":{" + entry(fields...) + "}}"; };
  auto two = [&](const std::string& first, const std::string& second) {
    return "{\"a\":{" + entry("U8", "[2]", first) + "},\"b\":{" + entry("U8", "[2]", second) + "}}";
  };
  const std::vector<Malformed> malformed{
      {R"({"a":1})", 0, "tensor 'a' is not described by an object in the safetensors header"},
      {R"({"a":{"shape":[],"data_offsets":[0,1]}})", 1, "tensor 'a' has no dtype in the safetensors header"},
      {one("F31", "[1]", "[0,4]"), 4,
       "tensor 'a' has the dtype 'F31'; supported are F64, F32, F16, BF16, F8_E4M3, F8_E5M2, F8_E4M3FNUZ, F8_E5M2FNUZ, F8_E8M0, F4, C64, "
       "I64, I32, I16, I8, U64, U32, U16, U8, BOOL"},
      {one("F4", "[2,3]", "[0,3]"), 3, "tensor 'a' is F4 of shape [2,3], whose last side must be a multiple of 2"},
      {R"({"a":{"dtype":"U8","data_offsets":[0,1]}})", 1, "'shape' of tensor 'a' is not a list of whole numbers from 0 to 2^63-1"},
      {one("U8", "[-1]", "[0,1]"), 1, "'shape' of tensor 'a' is not a list of whole numbers from 0 to 2^63-1"},
      {one("U8", "[1.0]", "[0,1]"), 1, "'shape' of tensor 'a' is not a list of whole numbers from 0 to 2^63-1"},
      {one("U8", "[9223372036854775808]", "[0,1]"), 1, "'shape' of tensor 'a' is not a list of whole numbers from 0 to 2^63-1"},
      {one("U8", "[1]", "[0,\"1\"]"), 1, "'data_offsets' of tensor 'a' is not a list of whole numbers from 0 to 2^63-1"},
      {one("U8", "[1]", "[0]"), 1, "the data_offsets of tensor 'a' are not a start and an end: [0]"},
      {one("U8", "[1]", "[1,0]"), 1, "the data_offsets of tensor 'a' are not a start and an end: [1,0]"},
      {one("U8", "[4294967296,4294967296]", "[0,0]"), 0, "tensor 'a' of shape [4294967296,4294967296] is too large to address"},
      {one("U8", "[0,4294967296,4294967296]", "[0,0]"), 0, "tensor 'a' of shape [0,4294967296,4294967296] is too large to address"},
      {one("F64", "[2]", "[0,15]"), 15, "tensor 'a' has 15 bytes, but its dtype and its shape [2] need 16"},
      {two("[0,2]", "[1,3]"), 3, "tensor 'b' overlaps the one before it, at byte 1 of the data"},
      {two("[0,2]", "[3,5]"), 5, "1 bytes before tensor 'b' belong to no tensor"},
      {one("U8", "[1]", "[1,2]"), 2, "1 bytes before tensor 'a' belong to no tensor"},
      {two("[2,4]", "[0,2]"), 3, "tensor 'a' ends at byte 4 of the data, which is only 3 bytes long; is the file cut off?"},
      {one("U8", "[1]", "[0,1]"), 3, "the last 2 bytes belong to no tensor"},
      {R"({"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}})", 0, "'dtype' occurs twice in 'a' of the safetensors header"},
      {R"({"__metadata__":{},"__metadata__":{}})", 0, "'__metadata__' occurs twice in the safetensors header"},
      {R"({"__metadata__":{"x":1}})", 0, "'x' of __metadata__ is not a string"},
      {R"({"__metadata__":[]})", 0, "__metadata__ is not an object in the safetensors header"},
      {R"({"a":[1]})", 1, "tensor 'a' is not described by an object in the safetensors header"},
      {one("U8", "[[[1]]]", "[0,1]"), 1, "the safetensors header is nested too deeply, at 'a'"},
  };
  for (auto& [header, data_bytes, wanted] : malformed) EXPECT_EQ(refusal(header, data_bytes), "x.safetensors: " + wanted) << header;
}

TEST(SafetensorsHeader, RefusesLongListsBeforeTheyAreHeld) {
  std::string ones = "1";
  for (int i = 0; i < 1024; ++i) ones += ",1";
  EXPECT_EQ(refusal(R"({"a":{"dtype":"U8","shape":[)" + ones + R"(],"data_offsets":[0,1]}})", 1),
            "x.safetensors: tensor 'a' has a list of more than 1024 numbers in the safetensors header");
  EXPECT_EQ(refusal(R"({"a":{"x":)" + std::string(1'000'000, '['), 0),
            "x.safetensors: the safetensors header is nested too deeply, at 'a'");
}

TEST(SafetensorsHeader, ReadsWhatItFormats) {
  auto header = parse_safetensors_header(as_bytes(safetensors_bytes(valid_header, 29)), "x");
  std::string bytes = format_safetensors_header(header, "x");
  EXPECT_EQ(bytes.size() % 8, 0u);
  auto again = parse_safetensors_header(as_bytes(bytes + std::string(29, '\0')), "x");
  EXPECT_EQ(again.metadata, header.metadata);
  EXPECT_EQ(format_safetensors_header(again, "x"), bytes);
}

}  // namespace
}  // namespace zoetrope::tensor
