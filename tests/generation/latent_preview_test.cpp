#include "zoetrope/generation/latent_preview.h"

#include <cstdlib>
#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/draw.h"
#include "tests/generation/generated.h"
#include "tests/model/tiny_model.h"
#include "tests/model/tiny_wan.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/files.h"
#include "zoetrope/generation/windows.h"
#include "zoetrope/media/image.h"
#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::generation {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

/// Keeps every preview, and what is told beside them.
struct Watcher : base::Observer {
  void preview(const std::function<Tensor()>& frames) override { shown.push_back(frames()); }
  void progress(const std::string& stage, int64_t, int64_t) override { told.push_back(stage); }
  void notice(const std::string& text) override { told.push_back(text); }
  std::vector<Tensor> shown;
  std::vector<std::string> told;
};

/// The user's cache is a folder of the test.
struct LatentPreviewTest : testing::Test {
  LatentPreviewTest() {
    if (const char* before = std::getenv("XDG_CACHE_HOME")) before_ = before;
    ::setenv("XDG_CACHE_HOME", (folder / "cache").c_str(), 1);
  }
  ~LatentPreviewTest() override { before_ ? ::setenv("XDG_CACHE_HOME", before_->c_str(), 1) : ::unsetenv("XDG_CACHE_HOME"); }
  static Request request_for(const model::Model& model) {
    Request r = default_request(model);
    r.width = r.height = 32, r.frames = 5, r.steps = 3, r.prompt = "a red ball";
    return r;
  }
  static Watcher watched(const Request& request, const model::Model& model) {
    Watcher watcher;
    CollectingSink sink;
    check(request, model);
    generate(request, model, sink, watcher);
    return watcher;
  }
  model::Model wan(test::TinyWan kind = test::TinyWan::text_to_video) {
    test::write_tiny_wan(folder / "model", kind);
    return model::Model::load(folder / "model", {});
  }

  TemporaryFolder folder;

 private:
  std::optional<std::string> before_;
};

TEST_F(LatentPreviewTest, ShowsEachStepAndKeepsTheMapOfTheFirstClip) {
  const model::Model model = wan();
  const Request request = request_for(model);
  test::generated(request, model);
  EXPECT_FALSE(std::filesystem::exists(folder / "cache")) << "nothing is fitted where nobody watches";

  Watcher first = watched(request, model);
  EXPECT_EQ(first.shown.size(), 3u);
  EXPECT_EQ(first.shown[0].sizes(), (std::vector<int64_t>{2, 32, 32, 3}));
  EXPECT_EQ(first.shown[0].scalar_type(), at::kByte);
  EXPECT_FALSE(first.shown[0].equal(first.shown[2]));
  EXPECT_THAT(first.told, Contains("preparing previews"));
  const std::filesystem::path kept = folder / "cache/zoetrope/previews" / (model.fingerprint() + ".safetensors");
  EXPECT_EQ(tensor::SafetensorsFile(kept).tensor("latent_rgb").sizes(), (std::vector<int64_t>{5, 3}));

  EXPECT_THAT(watched(request, model).told, Not(Contains("preparing previews")));
  base::write_file(kept, "no safetensors");
  EXPECT_THAT(watched(request, model).told, Contains("preparing previews"));
  EXPECT_TRUE(tensor::SafetensorsFile(kept).has("latent_rgb"));
}

TEST_F(LatentPreviewTest, OfAModelWithAMapOfItsOwnFitsNothing) {
  test::write_tiny_model(folder / "model");
  const model::Model model = model::Model::load(folder / "model", {});
  Watcher watcher = watched(request_for(model), model);
  EXPECT_EQ(watcher.shown.size(), 3u);
  EXPECT_THAT(watcher.told, Not(Contains("preparing previews")));
  EXPECT_FALSE(std::filesystem::exists(folder / "cache"));
}

TEST_F(LatentPreviewTest, ShowsWhatIsGivenAsItStaysInEveryStep) {
  for (test::TinyWan kind : {test::TinyWan::text_to_video, test::TinyWan::tokens_with_timesteps}) {
    const model::Model model = wan(kind);
    Request request = request_for(model);
    media::write_image(folder / "first.png", draw({32, 32, 3}, 1).sigmoid().mul(255).to(at::kByte));
    request.conditions = {{.media = folder / "first.png"}};
    std::vector<Tensor> shown = watched(request, model).shown;
    ASSERT_EQ(shown.size(), 3u);
    EXPECT_TRUE(shown[0][0].equal(shown[2][0]));
    EXPECT_FALSE(shown[0][1].equal(shown[2][1]));
    std::filesystem::remove_all(folder / "model");
  }
}

TEST_F(LatentPreviewTest, ShowsTheWindowThatIsSampled) {
  test::write_tiny_model(folder / "model");
  const model::Model model = model::Model::load(folder / "model", {});
  Request request = request_for(model);
  request.frames = 33;
  const std::vector<Window> windows = windows_of(request, model);
  std::vector<Tensor> shown = watched(request, model).shown;
  ASSERT_EQ(shown.size(), 3 * windows.size());
  for (size_t i = 0; i < shown.size(); ++i) EXPECT_EQ(shown[i].size(0), windows[i / 3].latent_frames());
  EXPECT_TRUE(shown.back()[0].equal(shown[2][0])) << "the anchor";
}

TEST_F(LatentPreviewTest, BearsACacheThatCannotBeWritten) {
  const model::Model model = wan();
  base::write_file(folder / "cache", "a file");
  Watcher watcher = watched(request_for(model), model);
  EXPECT_EQ(watcher.shown.size(), 3u);
  EXPECT_THAT(watcher.told, Contains(HasSubstr("the colours of previews are fitted again next time: ")));
}

}  // namespace
}  // namespace zoetrope::generation
