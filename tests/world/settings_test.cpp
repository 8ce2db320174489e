#include "zoetrope/world/settings.h"

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {
namespace {

std::string refusal(const char* json) {
  return complaint<base::UsageError>([&] { settings_from_json(base::Json::parse(json)); });
}

TEST(Settings, DefaultIsAtLeastWhatTheShippedModelMustKnow) {
  Settings s;
  EXPECT_GE(s.objects.size(), 24u);
  EXPECT_EQ(s.shapes.size(), 5u);
  EXPECT_EQ(s.colours.size(), 8u);
  EXPECT_GE(s.scenes.size(), 8u);
  EXPECT_GE(s.motions.size(), 8u);
  EXPECT_EQ(s.max_objects, 1);
  EXPECT_EQ(s.split, Split::train);
}

TEST(Settings, SurviveJson) {
  Settings s;
  s.objects = {"cat", "car"};
  s.split = Split::held_out;
  s.max_objects = 2;
  s.motions = {"collides"};
  s.smallest = .2;
  s.camera = false;
  s.seed = 18446744073709551615ull;
  EXPECT_EQ(to_json(settings_from_json(to_json(s))), to_json(s));
}

TEST(Settings, AllStandsForAWholeList) {
  Settings s = settings_from_json(base::Json::parse(R"({"objects": "all", "scenes": "all"})"));
  EXPECT_EQ(s.objects.size(), emoji().size());
  EXPECT_EQ(s.scenes.size(), scenes().size());
}

TEST(Settings, RefuseWithASentenceThatNamesTheValue) {
  EXPECT_NE(refusal(R"({"objects": ["cat", "unicorn"]})").find("\"unicorn\" is not among the known objects: car,"), std::string::npos);
  EXPECT_NE(refusal(R"({"colors": []})").find("unknown key \"colors\""), std::string::npos);
  EXPECT_NE(refusal(R"({"split": "test"})").find("must be train, held_out or all, got \"test\""), std::string::npos);
  EXPECT_NE(refusal(R"({"max_objects": 3})").find("got 3"), std::string::npos);
  EXPECT_NE(refusal(R"({"max_objects": "two"})").find("got \"two\""), std::string::npos);
  EXPECT_NE(refusal(R"({"smallest": 0.5, "largest": 0.4})").find("got 0.5 and 0.4"), std::string::npos);
  EXPECT_NE(refusal(R"({"seed": -1})").find("got -1"), std::string::npos);
  EXPECT_NE(refusal(R"({"motions": ["collides"]})").find("needs \"max_objects\": 2"), std::string::npos);
  EXPECT_NE(refusal(R"({"scenes": []})").find("\"scenes\" is empty"), std::string::npos);
  EXPECT_NE(refusal(R"({"objects": [], "shapes": []})").find("both empty"), std::string::npos);
  EXPECT_NE(refusal(R"({"scenes": "beach"})").find("must be a list of names"), std::string::npos);
  EXPECT_NE(refusal(R"({"steered": 1.5})").find("\"steered\" must be from 0 to 1, got 1.5"), std::string::npos);
  EXPECT_NE(refusal(R"({"occluded": true})").find("must be a number, got true"), std::string::npos);
  EXPECT_NE(refusal(R"([1])").find("must be a JSON object"), std::string::npos);
}

TEST(Settings, NameTheFileThatIsWrong) {
  TemporaryFolder folder;
  base::write_file(folder / "broken.json", "{\"objects\": ");
  base::write_file(folder / "wrong.json", "{\"night\": 3}");
  for (const char* name : {"broken.json", "wrong.json"}) {
    try {
      read_settings(folder / name);
      FAIL() << name;
    } catch (const base::UsageError& error) {
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace zoetrope::world
