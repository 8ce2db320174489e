#include "zoetrope/model/identity.h"

#include <gmock/gmock.h>

#include "tests/complaint.h"
#include "tests/environment.h"
#include "tests/model/tiny_model.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/hash.h"
#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::model {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct IdentityTest : testing::Test {
  IdentityTest() {
    fs::create_directories(folder / "wan");
    base::write_file(folder / "wan/model_index.json", "{}");
    base::write_file(folder / "style.safetensors", "a style");
    base::write_file(folder / "vae.safetensors", "a vae");
    files.emplace(folder / "wan", std::map<std::string, fs::path>{{"vae", folder / "vae.safetensors"}});
    files->loras["transformer"] = {{folder / "style.safetensors", .8}};
  }
  TemporaryFolder folder;
  const test::Environment cache{"XDG_CACHE_HOME", folder / "cache"};
  std::optional<ModelFiles> files;
};

TEST_F(IdentityTest, TellsNamesAndHashesAndNoPaths) {
  const base::Json json = to_json(identity_of(*files));
  EXPECT_EQ(json["name"], "wan");
  EXPECT_EQ(json["parts"], (base::Json{{"vae", "vae.safetensors"}}));
  EXPECT_EQ(json["loras"],
            (base::Json{{{"denoiser", "transformer"}, {"name", "style.safetensors"}, {"sha256", base::sha256("a style")}, {"scale", .8}}}));
  EXPECT_EQ(json.dump().find(folder.path.filename().string()), std::string::npos);
  EXPECT_EQ(identity_from_json(json), identity_of(*files));
  EXPECT_EQ(words_for(identity_of(*files)), "'wan' with 'vae.safetensors', 'style.safetensors' (0.8)");
}

TEST_F(IdentityTest, HasTheNameOfARepositoryInTheCacheOfHuggingFace) {
  const fs::path snapshot = folder / "hub/models--Wan-AI--Wan2.1-T2V/snapshots/0123abcd";
  fs::create_directories(snapshot);
  EXPECT_EQ(identity_of(ModelFiles(snapshot)).name, "Wan-AI/Wan2.1-T2V");
}

TEST_F(IdentityTest, LeadsBackToTheFilesWhereTheyWereOrBesideTheClip) {
  const Identity identity = identity_of(*files);
  EXPECT_THAT(complaint<base::UsageError>([&] { find_files(identity, folder.path); }),
              testing::AllOf(HasSubstr("made by 'wan' with"), HasSubstr("and the model 'wan' is not on this machine")));
  remember_files(*files, identity);
  std::optional<ModelFiles> found = find_files(identity, "elsewhere");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->folder, folder / "wan");
  EXPECT_EQ(identity_of(*found), identity);

  fs::create_directories(folder / "clips");
  fs::rename(folder / "style.safetensors", folder / "clips/style.safetensors");
  EXPECT_THAT(complaint([&] { find_files(identity, "elsewhere"); }), HasSubstr("the LoRA file 'style.safetensors' is not"));
  EXPECT_EQ(find_files(identity, folder / "clips")->loras["transformer"].at(0).file, folder / "clips/style.safetensors");
  base::write_file(folder / "clips/style.safetensors", "another style");
  EXPECT_THROW(find_files(identity, folder / "clips"), base::UsageError) << "a file of that name with another content";
}

TEST_F(IdentityTest, OfAHashAloneLeadsNowhere) {
  EXPECT_EQ(find_files(identity_from_json("0123456789abcdef"), folder.path), std::nullopt);
  EXPECT_EQ(words_for(identity_from_json("0123456789abcdef")), "the one with SHA-256 01234567...");
}

TEST_F(IdentityTest, OfWrongJsonIsRefused) {
  for (const char* wrong :
       {"3", R"({"path": "a"})", R"({"loras": {}})", R"({"loras": [3]})", R"({"parts": [1]})", R"({"parts": {"vae": 1}})"})
    EXPECT_THROW(identity_from_json(base::Json::parse(wrong)), base::UsageError) << wrong;
  EXPECT_EQ(identity_from_json(base::Json::parse(R"({"parts": {"vae": "/etc/passwd"}})")).parts.at("vae"), "passwd") << "no folders";
}

}  // namespace
}  // namespace zoetrope::model
