#include "zoetrope/model/model_files.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"

namespace zoetrope::model {
namespace {

TEST(ModelFiles, AreThoseThatWereNamedBeforeThoseOfTheFolder) {
  TemporaryFolder folder;
  std::filesystem::create_directories(folder / "vae");
  ModelFiles files(folder.path, {{"transformer", "other.safetensors"}});
  EXPECT_EQ(files.component("transformer"), "other.safetensors");
  EXPECT_EQ(files.component("vae"), folder / "vae");
  EXPECT_TRUE(files.has("vae"));
  EXPECT_TRUE(files.has("transformer"));
  EXPECT_FALSE(files.has("transformer_2"));
}

TEST(ModelFiles, SayWithWhichFlagToGiveWhatIsMissing) {
  ModelFiles files("", {{"transformer", "x.safetensors"}});
  try {
    files.component("text_encoder");
    FAIL() << "nothing was missing";
  } catch (const base::UsageError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("text_encoder is needed"));
  }
}

}  // namespace
}  // namespace zoetrope::model
