#include "zoetrope/base/file_kind.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/base/files.h"

namespace zoetrope::base {
namespace {

using std::string_view_literals::operator""sv;

TEST(FileKind, NamesFilesByTheirFirstBytes) {
  const std::string tar = "name" + std::string(253, '\0') + "ustar";
  const std::vector<std::pair<std::string_view, const char*>> kinds{
      {"version https://git-lfs.github.com/spec/v1\noid", "a pointer of git-lfs instead of the file itself"},
      {"GGUF\3\0\0\0"sv, "a GGUF file"},
      {"\x80\2}q\0X"sv, "a pickle, which can run code when it is read"},
      {"\x10\0\0\0\0\0\0\0{\"a\":{}}"sv, "a safetensors file"},
      {"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"sv, "a PNG image"},
      {"\xff\xd8\xff\xe0\0\x10JFIF"sv, "a JPEG image"},
      {"GIF89a"sv, "a GIF image"},
      {"RIFF\x10\0\0\0WEBPVP8 "sv, "a WebP image"},
      {"RIFF\x10\0\0\0AVI LIST"sv, "an AVI video"},
      {"RIFF\x10\0\0\0WAVEfmt "sv, "a WAV sound"},
      {"\0\0\0\x18"
       "ftypheic"sv,
       "an HEIC image"},
      {"\0\0\0\x1c"
       "ftypmif1"sv,
       "an HEIF image"},
      {"\0\0\0\x1c"
       "ftypavif"sv,
       "an AVIF image"},
      {"\0\0\0\x20"
       "ftypisom"sv,
       "an MP4 or QuickTime video"},
      {"\x1a\x45\xdf\xa3\x9f"sv, "a Matroska or WebM video"},
      {"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02"sv, "an MXF video"},
      {"%PDF-1.7\n"sv, "a PDF document"},
      {"PK\3\4\x14\0"sv, "a zip archive"},
      {"\x1f\x8b\x08"sv, "a gzip archive"},
      {tar, "a tar archive"},
      {"\xef\xbb\xbf\n <!DOCTYPE HTML>", "a web page (HTML)"},
      {"<?xml version=\"1.0\"?>\n<svg width=", "an SVG drawing"},
      {" {\"a\": 1}", "a JSON file"},
      {"A cat walks.\n", "a text file"},
      {"convert WEBP to PNG", "a text file"},
      {"\1\2\3\4", ""},
      {"", ""},
  };
  for (const auto& [start, name] : kinds) EXPECT_EQ(file_kind(start).name, name);
}

TEST(FileKind, SaysWhyAFileIsNotTheOneThatIsWanted) {
  const std::string_view photo =
                             "\0\0\0\x18"
                             "ftypheic"sv,
                         pickle = "\x80\2}q"sv, pointer = "version https://git-lfs.github.com/spec/v1";
  EXPECT_EQ(wrong_kind(photo, "a.heic", FileUse::frames), "") << "it is read";
  EXPECT_EQ(wrong_kind("8BPS", "a.psd", FileUse::frames), "is a Photoshop document; convert it to JPEG or PNG");
  EXPECT_EQ(wrong_kind(photo, "a.heic", FileUse::weights), "is an HEIC image, not a safetensors file");
  EXPECT_EQ(wrong_kind(pickle, "wan/vae.pth", FileUse::weights),
            "is a pickle, which can run code when it is read; convert it to safetensors with Python: "
            "safetensors.torch.save_file(torch.load('vae.pth', weights_only=True), 'vae.safetensors')");
  for (FileUse use : {FileUse::frames, FileUse::weights, FileUse::text})
    EXPECT_EQ(wrong_kind(pointer, "a", use), "is a pointer of git-lfs instead of the file itself; run `git lfs pull` in its folder");
  EXPECT_EQ(wrong_kind("GIF89a", "a.gif", FileUse::frames), "") << "it is read, so that something else is wrong with it";
  EXPECT_EQ(wrong_kind("\1\2", "a", FileUse::frames), "");
}

TEST(FileKind, ReadsTheStartOfAFile) {
  TemporaryFolder folder;
  write_file(folder / "a.mp4", "%PDF-1.7");
  EXPECT_EQ(wrong_kind(folder / "a.mp4", FileUse::frames), "is a PDF document, not a video or image");
  EXPECT_EQ(wrong_kind(folder / "none", FileUse::frames), "");
  EXPECT_EQ(wrong_kind(folder.path, FileUse::frames), "");
}

TEST(FileKind, NamesFoldersByTheClassInThem) {
  TemporaryFolder folder;
  EXPECT_EQ(folder_kind(folder.path), "a folder");
  write_file(folder / "config.json", R"({"architectures": ["ViTForImageClassification"], "model_type": "vit"})");
  EXPECT_EQ(folder_kind(folder.path), "a component of the class ViTForImageClassification");
  write_file(folder / "model_index.json", R"({"_class_name": "WanPipeline"})");
  EXPECT_EQ(folder_kind(folder.path), "a model of the class WanPipeline");
}

}  // namespace
}  // namespace zoetrope::base
