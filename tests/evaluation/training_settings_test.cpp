#include "zoetrope/evaluation/training_settings.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"

namespace zoetrope::evaluation {
namespace {

struct TrainedWorld : testing::Test {
  world::Settings read(const std::string& text) {
    base::write_file(folder / "zoetrope.json", text);
    return training_settings(folder.path);
  }
  TemporaryFolder folder;
};

TEST_F(TrainedWorld, IsWhatTheModelTells) {
  world::Settings settings = read(R"({"trained_on": {"world": {"objects": ["cat"], "scenes": ["beach"], "smallest": 0.3}}})");
  EXPECT_EQ(settings.objects, std::vector<std::string>{"cat"});
  EXPECT_EQ(settings.scenes, std::vector<std::string>{"beach"});
  EXPECT_EQ(settings.smallest, .3);
}

TEST_F(TrainedWorld, IsAskedForWhereNobodyTellsIt) {
  auto refused = testing::ThrowsMessage<base::Error>(testing::HasSubstr("trained_on.world"));
  EXPECT_THAT([&] { training_settings(folder / "nowhere"); }, refused);
  for (const char* text : {"{}", R"({"trained_on": "the internet"})"}) EXPECT_THAT([&] { read(text); }, refused) << text;
  EXPECT_THAT([&] { read("not JSON {"); }, testing::ThrowsMessage<base::Error>(testing::HasSubstr("not a JSON object")));
}

TEST_F(TrainedWorld, RefusesNamesThatTheWorldDoesNotHave) {
  EXPECT_THAT([&] { read(R"({"trained_on": {"world": {"scenes": ["mars"]}}})"); },
              testing::ThrowsMessage<base::Error>(testing::AllOf(testing::HasSubstr("zoetrope.json"), testing::HasSubstr("mars"))));
}

}  // namespace
}  // namespace zoetrope::evaluation
