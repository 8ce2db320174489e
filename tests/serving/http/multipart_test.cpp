#include "zoetrope/serving/http/multipart.h"

#include <gmock/gmock.h>
#include <random>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/fuzz/multipart_law.h"

namespace zoetrope::serving::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string form =
    "--b\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\na cat\r\nand a dog\r\n"
    "--b\r\ncontent-disposition:form-data;name=image;filename=\"my \\\"cat\\\".png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--a "
    "bit\r\n"
    "--b  \r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n"
    "--b--\r\nwhat follows does not count";

TEST(Multipart, ReadsFieldsAndFilesHoweverTheyAreCut) {
  for (size_t piece : {1, 2, 3, 5, 8, 1000}) {
    ReadForm read = read_form(form, "b", piece);
    EXPECT_FALSE(read.refused);
    EXPECT_THAT(read.parts, ElementsAre("prompt\n-\na cat\r\nand a dog", "image\nmy \"cat\".png\n\x89PNG\r\n--a bit", "empty\n-\n"));
  }
}

TEST(Multipart, NamesOfFilesInEverySpelling) {
  auto name = [](const std::string& parameter) {
    ReadForm read = read_form("--b\r\nContent-Disposition: form-data; name=f; " + parameter + "\r\n\r\nx\r\n--b--", "b", 1000);
    return read.refused ? "refused" : read.parts.at(0);
  };
  EXPECT_EQ(name("filename=\"\xe7\x8c\xab.png\""), "f\n\xe7\x8c\xab.png\nx");
  EXPECT_EQ(name("filename*=UTF-8''%E7%8C%AB.png"), "f\n\xe7\x8c\xab.png\nx");
  EXPECT_EQ(name("filename=\"a%22b.png\""), "f\na\"b.png\nx");
  EXPECT_EQ(name("filename=\"C:\\dir\\cat.png\""), "f\nC:\\dir\\cat.png\nx") << "Windows' own separators stay";
  EXPECT_EQ(name("filename=\"\""), "f\n\nx");
}

TEST(Multipart, RefusesWhatIsMalformed) {
  for (const char* bytes :
       {"", "--b", "--b\r\n", "--b\r\nname: a\r\n\r\nx\r\n--b--", "--b\r\nno colon\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--", "--b\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx", "--b\r\n\r\n\r\n--b--", "--bx\r\n"})
    EXPECT_TRUE(read_form(bytes, "b", 3).refused) << bytes;
}

TEST(Multipart, HoldsToItsLimits) {
  ReadForm sink;
  MultipartParser endless(std::string("b"), sink);
  endless.write("--b\r\n");
  EXPECT_THAT(complaint([&] {
                for (int i = 0; i < 100; ++i) endless.write(std::string(1000, 'x'));
              }),
              HasSubstr("head of more than"));
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n";
  EXPECT_TRUE(read_form(many + "--b--", "b", 64).refused);
}

TEST(Multipart, BoundariesAreReadFromTheHeader) {
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(boundary_of("multipart/form-data; charset=utf-8; Boundary=\"a b;c\""), "a b;c");
  for (const std::string& header : {std::string("multipart/form-data"), std::string("multipart/form-data; boundary="),
                                    "multipart/form-data; boundary=" + std::string(71, 'x')})
    EXPECT_THROW(boundary_of(header), base::UsageError) << header;
}

TEST(Multipart, TheLawHoldsForDamagedForms) {
  std::mt19937 random(7);
  int read = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string bytes = form;
    for (int changes = 0; changes < 1 + i % 5; ++changes) {
      const size_t at = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes[at] = "\r\n-b; =\"\\%:x"[random() % 12];
          break;
        case 1:
          bytes.erase(at, 1 + random() % 4);
          break;
        default:
          bytes.insert(at, std::array{"\r\n--b", "--", "\r\n", "\r\n--b--"}[random() % 4]);
      }
    }
    read += multipart_law(bytes) ? 1 : 0;
  }
  EXPECT_GT(read, 100);
  EXPECT_LT(read, 2900);
}

}  // namespace
}  // namespace zoetrope::serving::http
