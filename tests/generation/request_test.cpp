#include "zoetrope/generation/request.h"

#include <gmock/gmock.h>

#include "tests/complaint.h"

namespace zoetrope::generation {
namespace {

Request everything() {
  Request r;
  r.use({.preset = "paper",
         .width = 96,
         .height = 64,
         .frames = 33,
         .fps = {30000, 1001},
         .steps = 3,
         .timesteps = {1000, 757.5, 522},
         .guidance_scale = 2.5,
         .shift = 3,
         .guidance_scale_2 = 1.5,
         .guidance_interval = {.2, .75},
         .guidance_rescale = .5,
         .sampler = "unipc",
         .negative_prompt = "blurred"});
  r.prompt = "a \"red\" ball\n红色的球 🎈";
  r.class_label = "white shark";
  r.dtype = "bf16";
  r.seed = 18446744073709551615u;
  r.prompts = {{4, "it jumps"}, {9.5, "它睡觉"}};
  r.loop = true;
  r.sound = false;
  r.conditions = {{.media = "a clip.mp4", .sha256 = "00ff", .frame_index = -7},
                  {.media = "image.png", .denoise = 0.25, .placed = "last"},
                  {.media = "b.png", .denoise = 1, .mask = "m.png", .mask_sha256 = "ab", .hold = 33, .place = Place{8, 0, 64, 64}}};
  return r;
}

std::string refusal(const std::string& json) {
  return complaint<base::UsageError>([&] { request_from_json(base::Json::parse(json)); });
}

TEST(Request, ComesBackFromItsJsonForm) {
  base::Json json = base::Json::parse(to_json(everything(), {"abc"}).dump());
  EXPECT_EQ(request_from_json(json), everything());
  EXPECT_EQ(model_of(json), model::Identity{"abc"});
  EXPECT_EQ(json["schema"], "zoetrope/request/2");
  EXPECT_THAT(json["program"].get<std::string>(), testing::StartsWith("zoetrope "));
}

TEST(Request, CountsItsTimestepsAsSteps) {
  EXPECT_EQ(request_from_json(base::Json::parse(R"({"timesteps": [1, 0.5]})")).steps, 2);
  EXPECT_EQ(request_from_json(base::Json::parse(R"({"timesteps": [1, 0.5], "steps": 4})")).steps, 4) << "which `check` refuses";
  EXPECT_FALSE(to_json(Request(), {}).contains("timesteps")) << "as before where there are none";
}

TEST(Request, KeepsTheDefaultsThatItsJsonFormDoesNotName) {
  Request r = request_from_json(base::Json::parse(R"({"prompt": "a dog", "guidance_scale": 4})"), everything());
  Request expected = everything();
  expected.prompt = "a dog";
  expected.guidance_scale = 4;
  EXPECT_EQ(r, expected);
  EXPECT_EQ(request_from_json(base::Json::object(), everything()), everything());
}

TEST(Request, OfSchema1IsTranslated) {
  Request r = request_from_json(base::Json::parse(R"({"schema": "zoetrope/request/1", "guidance": 4, "guidance_2": 2,
      "extend": "no", "conditions": [{"media": "a.png", "when": -1, "noise": 0.5}]})"));
  EXPECT_EQ(r.guidance_scale, 4);
  EXPECT_EQ(r.guidance_scale_2, 2);
  EXPECT_EQ(r.conditions, (std::vector<Condition>{{.media = "a.png", .denoise = 0.5, .placed = "last"}}));
  r = request_from_json(
      base::Json::parse(R"({"schema": "zoetrope/request/2", "extend": "no", "conditions": [{"media": "a.png", "frame_index": -1}]})"));
  EXPECT_EQ(r.conditions, (std::vector<Condition>{{.media = "a.png", .placed = "last"}}));
  r = request_from_json(base::Json::parse(R"({"schema": "zoetrope/request/1", "extend": "before", "conditions": [{"media": "a.mp4"}]})"));
  EXPECT_EQ(r.conditions, (std::vector<Condition>{{.media = "a.mp4", .placed = "before"}}));
}

TEST(Request, WhatHasAMaskOrAPlaceMayChange) {
  Request r = request_from_json(
      base::Json::parse(R"({"conditions": [{"media": "a", "mask": "m"}, {"media": "a", "place": [0, 0, 8, 8]}, {"media": "a"}]})"));
  EXPECT_EQ(r.conditions[0].denoise, 1);
  EXPECT_EQ(r.conditions[1].denoise, 1);
  EXPECT_EQ(r.conditions[2].denoise, 0);
}

TEST(Request, NamesAModelOnlyWhereItSaysSo) {
  EXPECT_EQ(model_of(base::Json::parse("[]")), std::nullopt);
  EXPECT_EQ(model_of(base::Json::parse(R"({"model": "abc"})")), model::Identity{"abc"}) << "as requests of before have it";
}

TEST(Request, IsRefusedWithTheKeyAndTheValueThatAreWrong) {
  const std::pair<std::string, std::string> wrong[] = {
      {"[1]", "must be a JSON object, got [1]"},
      {R"({"schema": "zoetrope/request/9"})", "schema \"zoetrope/request/9\""},
      {R"({"schema": "zoetrope/request/9", "extend": "no"})", "schema \"zoetrope/request/9\""},
      {R"({"promt": "a"})", "'promt' is not a key of a request"},
      {R"({"prompt": 3})", "'prompt' must be a text, got 3"},
      {R"({"width": "96"})", "'width' must be a whole number, got \"96\""},
      {R"({"frames": 8.5})", "'frames'"},
      {R"({"steps": null})", "'steps'"},
      {R"({"guidance_scale": "high"})", "'guidance_scale' must be a number"},
      {R"({"seed": -1})", "'seed' must be a whole number from 0, got -1"},
      {R"({"sampler": []})", "'sampler'"},
      {R"({"timesteps": "1000"})", "'timesteps'"},
      {R"({"timesteps": [1000, null]})", "'timesteps'"},
      {R"({"fps": 16})", "'fps'"},
      {R"({"fps": [16, 0]})", "got [16,0]"},
      {R"({"extend": "sideways", "conditions": [{"media": "a"}]})", "one of last, after, before, got 'sideways'"},
      {R"({"conditions": [{"media": "a", "frame_index": "soon"}]})", "one of last, after, before, got 'soon'"},
      {R"({"conditions": [{"media": "a", "place": [0, 0, 0, 8]}]})", "[left, top, width, height]"},
      {R"({"conditions": [{"media": "a", "hold": 0}]})", "'hold' must be at least 1"},
      {R"({"loop": 1})", "'loop' must be true or false, got 1"},
      {R"({"prompts": ["a"]})", "an object with 'seconds' and 'prompt'"},
      {R"({"conditions": {}})", "'conditions' must be a list"},
      {R"({"conditions": [7]})", "got 7"},
      {R"({"conditions": [{"frame_index": 0}]})", "'media'"},
      {R"({"conditions": [{"media": "a", "where": 0}]})", "'where' is not a key of a condition"},
      {R"({"conditions": [{"media": "a", "denoise": 2}]})", "from 0 to 1, got 2"}};
  for (const auto& [json, named] : wrong) EXPECT_THAT(refusal(json), testing::HasSubstr(named)) << json;
}

TEST(Request, QuotesOnlyTheBeginningOfALongValue) { EXPECT_LT(refusal(R"({"width": ")" + std::string(100000, 'x') + "\"}").size(), 300); }

}  // namespace
}  // namespace zoetrope::generation
