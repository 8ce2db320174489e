#include "zoetrope/model/find_model.h"

#include <cstdlib>
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"

namespace zoetrope::model {
namespace {

TEST(FindModel, TakesAFolderAsItIs) {
  TemporaryFolder folder;
  EXPECT_EQ(find_model(folder.path.string()), folder.path);
}

TEST(FindModel, LooksThroughTheFoldersOfTheEnvironmentInTurn) {
  TemporaryFolder first, second;
  std::filesystem::create_directories(second / "tiny");
  setenv("ZOETROPE_MODELS", (first.path.string() + "::" + second.path.string()).c_str(), 1);
  EXPECT_EQ(find_model("tiny"), second / "tiny");
  std::filesystem::create_directories(first / "tiny");
  EXPECT_EQ(find_model("tiny"), first / "tiny");
  unsetenv("ZOETROPE_MODELS");
}

TEST(FindModel, ListsThePlacesWhereItLooked) {
  TemporaryFolder folder;
  setenv("ZOETROPE_MODELS", folder.path.c_str(), 1);
  try {
    find_model("no-such-model");
    FAIL() << "found";
  } catch (const base::UsageError& error) {
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("'no-such-model'"), testing::HasSubstr(folder.path.string()),
                                             testing::HasSubstr("ZOETROPE_MODELS")));
  }
  unsetenv("ZOETROPE_MODELS");
}

/// Sets a variable of the environment for a while.
struct Environment {
  Environment(const char* name, const std::string& value) : name(name) { setenv(name, value.c_str(), 1); }
  ~Environment() { unsetenv(name); }
  const char* name;
};

TEST(FindModel, FindsARepositoryInTheCacheOfHuggingFace) {
  TemporaryFolder home;
  Environment environment("HF_HOME", home.path);
  const std::filesystem::path repository = home / "hub/models--Wan-AI--Wan2.1-T2V";
  EXPECT_THAT(complaint<base::UsageError>([] { find_model("Wan-AI/Wan2.1-T2V"); }), testing::HasSubstr("`hf download Wan-AI/Wan2.1-T2V`"));
  std::filesystem::create_directories(repository / "snapshots/abc");
  std::filesystem::create_directories(repository / "snapshots/def");
  base::write_file(repository / "refs/main", "def\n");
  EXPECT_EQ(find_model("Wan-AI/Wan2.1-T2V"), repository / "snapshots/def");
  Environment cache("HF_HUB_CACHE", home / "elsewhere");
  EXPECT_EQ(hub_cache(), home / "elsewhere");
  EXPECT_THROW(find_model("Wan-AI/Wan2.1-T2V"), base::UsageError);
}

TEST(FindComponent, FindsFilesOfComfyUIByName) {
  TemporaryFolder folder;
  base::write_file(folder / "comfy/diffusion_models/wan/a.safetensors", "");
  base::write_file(folder / "comfy/vae/a.safetensors", "");
  base::write_file(folder / "own.safetensors", "");
  EXPECT_EQ(find_component("vae", folder / "own.safetensors"), folder / "own.safetensors");
  EXPECT_THAT(complaint<base::InvalidRequest>([] { find_component("vae", "a.safetensors"); }), testing::HasSubstr("set ZOETROPE_COMFYUI"));
  Environment environment("ZOETROPE_COMFYUI", folder / "comfy");
  EXPECT_EQ(find_component("transformer", "a.safetensors"), folder / "comfy/diffusion_models/wan/a.safetensors");
  EXPECT_EQ(find_component("vae", "a.safetensors"), folder / "comfy/vae/a.safetensors");
  EXPECT_THAT(complaint<base::InvalidRequest>([] { find_component("vae", "b.safetensors"); }),
              testing::HasSubstr("is not in " + (folder / "comfy/vae").string()));
}

}  // namespace
}  // namespace zoetrope::model
