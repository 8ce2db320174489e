#include "zoetrope/model/model.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/model/tiny_model.h"
#include "tests/temporary_folder.h"

namespace zoetrope::model {
namespace {

using testing::HasSubstr;

TEST(Model, HasAFingerprintOfItsWeightsAndConfigurations) {
  TemporaryFolder folder;
  test::write_tiny_model(folder / "model");
  const std::string fingerprint = Model::load(folder / "model", {}).fingerprint();
  EXPECT_EQ(Model::load(folder / "model", {}).fingerprint(), fingerprint);
  test::write_tiny_model(folder / "other", /*seed=*/2);
  EXPECT_NE(Model::load(folder / "other", {}).fingerprint(), fingerprint);
  std::filesystem::rename(folder / "model", folder / "moved");
  EXPECT_EQ(Model::load(folder / "moved", {}).fingerprint(), fingerprint);
}

TEST(Model, WithABrokenConfigurationIsASentenceThatNamesTheFile) {
  TemporaryFolder folder;
  test::write_tiny_model(folder / "model");
  base::write_file(folder / "model/vae/config.json", R"({"_class_name": "ZoetropeAutoencoder"})");
  EXPECT_THAT(complaint([&] { Model::load(folder / "model", {}); }),
              testing::AllOf(HasSubstr("model/vae/config.json: a value is missing"), HasSubstr("latent_channels")));
}

}  // namespace
}  // namespace zoetrope::model
