#include "zoetrope/model/list_models.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/model/tiny_model.h"
#include "tests/temporary_folder.h"

namespace zoetrope::model {
namespace {

TEST(ListModels, TellsWhatEachCanDoAndWhatIsWrong) {
  TemporaryFolder folder;
  test::write_tiny_model(folder / "own" / "tiny");
  test::write_tiny_model(folder / "hub/models--someone--a--model/snapshots/abc");
  base::write_file(folder / "hub/models--someone--a--model/refs/main", "abc");
  base::write_file(folder / "own/broken/model_index.json", R"({"_class_name": "ZoetropePipeline"})");
  base::write_file(folder / "comfy/diffusion_models/other.safetensors", "no header");
  setenv("ZOETROPE_MODELS", (folder / "own").c_str(), 1);
  setenv("HF_HUB_CACHE", (folder / "hub").c_str(), 1);
  setenv("ZOETROPE_COMFYUI", (folder / "comfy").c_str(), 1);
  std::vector<ListedModel> models = list_models();
  for (const char* name : {"ZOETROPE_MODELS", "HF_HUB_CACHE", "ZOETROPE_COMFYUI"}) unsetenv(name);

  auto find = [&](const std::string& name) {
    auto found = std::find_if(models.begin(), models.end(), [&](const ListedModel& m) { return m.name == name; });
    return found == models.end() ? ListedModel() : *found;
  };
  EXPECT_EQ(find("tiny").family, "native");
  EXPECT_EQ(find("tiny").tasks,
            (std::vector<std::string>{"text to video", "image to video", "extend", "join", "inpaint", "outpaint", "restyle"}));
  EXPECT_EQ(find("tiny").size, (std::pair<int64_t, int64_t>(32, 32)));
  EXPECT_EQ(find("someone/a--model").path, folder / "hub/models--someone--a--model/snapshots/abc");
  EXPECT_EQ(find("someone/a--model").frames, 9);
  EXPECT_NE(find("broken").problem.find("zoetrope.json"), std::string::npos);
  EXPECT_NE(find("other.safetensors").problem, "");
}

}  // namespace
}  // namespace zoetrope::model
