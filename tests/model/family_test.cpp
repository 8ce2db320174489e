#include "zoetrope/model/family.h"

#include <gmock/gmock.h>
#include <set>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/files.h"

namespace zoetrope::model {
namespace {

std::string refusal_of_family(const std::filesystem::path& folder) {
  return complaint([&] { family_of(folder); });
}

TEST(Family, IsToldByTheModelIndex) {
  TemporaryFolder folder;
  base::write_file(folder / "model_index.json", R"({"_class_name": "ZoetropePipeline"})");
  EXPECT_EQ(family_of(folder.path).name, "native");
  for (const char* name : {"WanPipeline", "WanImageToVideoPipeline"}) {
    base::write_file(folder / "model_index.json", fmt::format(R"({{"_class_name": "{}"}})", name));
    EXPECT_EQ(family_of(folder.path).name, "wan");
  }
}

TEST(Family, IsRefusedWithWhatTheFolderLacks) {
  TemporaryFolder folder;
  EXPECT_THAT(refusal_of_family(folder.path), testing::HasSubstr("has no model_index.json"));
  base::write_file(folder / "model_index.json", "{]");
  EXPECT_THAT(refusal_of_family(folder.path), testing::HasSubstr("model_index.json: is not a JSON object"));
  base::write_file(folder / "model_index.json", R"({"_class_name": "FluxPipeline"})");
  EXPECT_THAT(refusal_of_family(folder.path), testing::HasSubstr("\"FluxPipeline\" are not supported"));
  base::write_file(folder / "model_index.json", R"({"_class_name": 7})");
  EXPECT_THAT(refusal_of_family(folder.path), testing::HasSubstr("the class 7"));
}

TEST(Family, NamesAreDistinct) {
  std::set<std::string> names;
  for (const Family& family : families()) names.insert(family.name);
  EXPECT_EQ(names.size(), families().size());
}

}  // namespace
}  // namespace zoetrope::model
