#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/model/tiny_model.h"
#include "tests/temporary_folder.h"
#include "zoetrope/model/families/families.h"

namespace zoetrope::model {
namespace {

std::string refusal(const std::filesystem::path& folder) {
  return complaint([&] { native_family().defaults(folder); });
}

TEST(NativeFamily, ReadsTheDefaultsOfItsModels) {
  TemporaryFolder folder;
  base::write_file(
      folder / "zoetrope.json",
      R"({"format": 2, "sampling": {"width": 96, "height": 64, "frames": 33, "steps": 12}, "sizes": [[96, 64], [64, 64]], "token_limit": 8})");
  Defaults d = native_family().defaults(folder.path);
  EXPECT_EQ(d.settings.width, 96);
  EXPECT_EQ(d.settings.steps, 12);
  EXPECT_EQ(d.settings.sampler, "euler");
  EXPECT_EQ(d.sizes, (std::vector<std::pair<int64_t, int64_t>>{{96, 64}, {64, 64}}));
}

TEST(NativeFamily, ReadsFormat1) {
  TemporaryFolder folder;
  base::write_file(folder / "zoetrope.json",
                   R"({"format": 1, "request": {"width": 96, "guidance": 4.5}, "sizes": [[96, 96]], "token_limit": 8})");
  EXPECT_EQ(native_family().defaults(folder.path).settings.guidance_scale, 4.5);
}

TEST(NativeFamily, RefusesSettingsThatAreBrokenWithTheFileAndTheKey) {
  TemporaryFolder folder;
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"no JSON", "is not a JSON object"},
      {"[]", "is not a JSON object"},
      {R"({"format": 9})", "has format 9, this program reads formats 1 and 2"},
      {R"({"format": "one"})", "has format \"one\""},
      {R"({"format": 2})", "'sampling'"},
      {R"({"format": 2, "sampling": {"width": "wide"}, "sizes": [], "token_limit": 8})", "'width'"},
      {R"({"format": 2, "sampling": {"weight": 2}, "sizes": [], "token_limit": 8})",
       "'weight' is not a key of a model's sampling settings"},
      {R"({"format": 2, "sampling": {}, "sizes": [[1]], "token_limit": 8})", "'sizes'"},
      {R"({"format": 2, "sampling": {}, "sizes": [], "token_limit": -3})", "'token_limit'"},
  };
  for (const auto& [settings, named] : wrong) {
    base::write_file(folder / "zoetrope.json", settings);
    EXPECT_THAT(refusal(folder.path), testing::HasSubstr(named)) << settings;
  }
}

TEST(NativeFamily, LoadsAWholeModel) {
  TemporaryFolder folder;
  test::write_tiny_model(folder.path);
  Components model = native_family().load(folder.path, {});
  EXPECT_EQ(model.text->width(), 16);
  EXPECT_EQ(model.autoencoder->geometry().channels, 4);
  EXPECT_EQ(model.denoiser->grid(3, 4, 6).tokens(), 3 * 2 * 3);
}

TEST(NativeFamily, CleansPrompts) { EXPECT_EQ(native_family().prepare_text("  a  red&amp;blue ball "), "a red&blue ball"); }

}  // namespace
}  // namespace zoetrope::model
