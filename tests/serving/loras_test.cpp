#include "zoetrope/serving/loras.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/environment.h"
#include "tests/model/tiny_wan.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/files.h"
#include "zoetrope/generation/resolve.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/serving/api.h"
#include "zoetrope/serving/http/url.h"
#include "zoetrope/serving/worker.h"

namespace zoetrope::serving {
namespace {

using base::Json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<AskedLora> read(const std::string& text) { return loras_from_json(Json::parse(text)); }

TEST(AskedLoras, AreReadInEveryShape) {
  const AskedLora plain{"style"}, scaled{"style", .8};
  EXPECT_THAT(read(R"("style")"), ElementsAre(plain));
  EXPECT_THAT(read(R"("style.safetensors:0.8")"), ElementsAre(scaled));
  EXPECT_THAT(read(R"({"name": "style", "scale": 0.8})"), ElementsAre(scaled));
  EXPECT_THAT(read(R"({"lora_nickname": "style", "strength": "0.8", "target": "all"})"), ElementsAre(scaled));
  EXPECT_THAT(read(R"({"name": "any", "local_path": "/srv/loras/style.safetensors", "scale": 0.8, "int_id": 3})"), ElementsAre(scaled));
  EXPECT_THAT(read(R"(["style", {"name": "b", "target": "transformer_2"}])"), ElementsAre(plain, AskedLora{"b", {}, "transformer_2"}));
  EXPECT_THAT(read("[]"), ElementsAre());
  const std::pair<const char*, const char*> wrong[] = {{"3", "must be a name"},
                                                       {"{}", "must have a name"},
                                                       {R"("style:much")", "a scale that must be a number"},
                                                       {R"({"name": "a", "scale": 1e9})", "from -100 to 100"},
                                                       {R"({"name": "a", "target": "vae"})", "a target that must be all"},
                                                       {R"({"name": "a", "rank": 3})", "has no 'rank'"},
                                                       {R"({"name": 3})", "a text as its name"}};
  for (const auto& [text, words] : wrong)
    EXPECT_THAT(complaint<base::InvalidRequest>([&, text = text] { read(text); }), AllOf(HasSubstr("lora "), HasSubstr(words))) << text;
}

TEST(LoraFolderTest, KnowsNamesAndNoPaths) {
  TemporaryFolder folder;
  base::write_file(folder / "loras/style.safetensors", "a");
  base::write_file(folder / "loras/notes.txt", "b");
  base::write_file(folder / "secret.safetensors", "c");
  const LoraFolder loras(folder / "loras");
  EXPECT_EQ(loras.list().size(), 1u);
  EXPECT_EQ(loras.find("style"), folder / "loras/style.safetensors");
  for (const char* name : {"../secret", "notes", "", "/etc/passwd", "style.safetensors", "loras/style"})
    EXPECT_THAT(complaint([&] { loras.find(name); }), HasSubstr("which this server does not have")) << name;
  EXPECT_THAT(complaint([&] { LoraFolder().find("style"); }), HasSubstr("was given no folder of LoRA files"));
}

struct LoraServer : testing::Test {
  /// Makes a model and two LoRA files for it; returns the folder of models.
  std::filesystem::path make_files() {
    test::write_tiny_wan(folder / "models/wan", test::TinyWan::two_experts);
    for (const auto& [name, size] : {std::pair{"style", 1.0}, {"other", -2.0}}) {
      std::map<std::string, Tensor> tensors;
      for (const char* part : {"A", "B"})
        tensors[fmt::format("diffusion_model.blocks.0.self_attn.q.lora_{}.weight", part)] =
            at::full(*part == 'A' ? std::vector<int64_t>{2, 24} : std::vector<int64_t>{24, 2}, size);
      tensor::write_safetensors(folder / fmt::format("loras/{}.safetensors", name), tensors);
    }
    std::filesystem::create_directories(folder / "data/uploads");
    return folder / "models";
  }
  http::Response ask(const std::string& method, const std::string& path, const Json& body = {}) {
    http::Request request{.method = method, .path = path, .headers = {{"Content-Type", "application/json"}, {"Host", "localhost"}}};
    request.segments = http::parse_target(path)->segments;
    request.body = body.is_null() ? "" : body.dump();
    http::Service::Admission admitted = api->admit(request);
    return admitted.refusal ? *admitted.refusal : api->answer(request);
  }
  /// The frames of what is asked.
  Tensor made(Json body) {
    body.update({{"prompt", "a"}, {"size", "32x32"}, {"num_frames", 5}, {"num_inference_steps", 2}, {"seed", 1}});
    const http::Response response = ask("POST", "/v1/videos", body);
    EXPECT_EQ(response.status, 200) << response.body;
    const std::string id = Json::parse(response.body)["id"];
    EXPECT_TRUE(worker.work_once([] { return false; }));
    const Job job = *store->find(id);
    EXPECT_EQ(job.status, Status::completed) << (job.failure ? job.failure->message : "");
    request = job.request;
    return media::read_clip(DataFolder{folder / "data"}.job(id) / "video.mp4").frames;
  }

  TemporaryFolder folder;
  test::Environment models{"ZOETROPE_MODELS", make_files()};
  std::unique_ptr<JobStore> store = open_job_store(folder / "data/jobs.sqlite");
  std::unique_ptr<ServedModels> served;
  std::unique_ptr<Api> api;
  Worker worker = [this] {
    served = std::make_unique<ServedModels>(std::vector<std::string>{"wan"}, tensor::Placement{}, LoraFolder(folder / "loras"));
    api = std::make_unique<Api>(*store, *served, ApiSettings{.data = {folder / "data"}});
    return Worker(*store, {.data = {folder / "data"}, .models = {"wan"}, .loras = LoraFolder(folder / "loras")});
  }();
  Json request;  // of the last job
};

TEST_F(LoraServer, AJobIsMadeWithItsOwnLoraFilesAndNoOthers) {
  const Tensor plain = made({}), style = made({{"lora", "style:3"}});
  EXPECT_EQ(request["model"]["loras"][0]["name"], "style.safetensors");
  EXPECT_EQ(request["model"]["loras"].size(), 2u) << "one for each expert";
  EXPECT_EQ(request["model"]["loras"][0]["scale"], 3);
  EXPECT_EQ(request["model"]["loras"][0]["sha256"].get<std::string>().size(), 64u);
  EXPECT_FALSE(style.equal(plain));
  EXPECT_TRUE(made({}).equal(plain)) << "nothing of the file is left";
  EXPECT_FALSE(made({{"lora", {{{"name", "style"}, {"scale", 3}, {"target", "transformer"}}}}}).equal(style));
  EXPECT_TRUE(made({{"lora", {{"name", "style"}, {"scale", 3}}}}).equal(style));
  EXPECT_TRUE(made({{"request", request}}).equal(style)) << "what is repeated has the same files";
  EXPECT_TRUE(made({{"request", request}, {"lora", Json::array()}}).equal(plain));
}

TEST_F(LoraServer, ASetFileIsUsedByRequestsThatSayNothing) {
  const Tensor plain = made({}), style = made({{"lora", "style"}});
  EXPECT_EQ(ask("POST", "/v1/set_lora", {{"lora_nickname", "style"}, {"strength", 1}}).status, 200);
  const Json listed = Json::parse(ask("GET", "/v1/list_loras").body);
  EXPECT_EQ(listed["loaded_adapters"].size(), 2u);
  EXPECT_EQ(listed["active"]["all"][0]["nickname"], "style");
  EXPECT_TRUE(made({}).equal(style));
  EXPECT_TRUE(made({{"lora", Json::array()}}).equal(plain));
  EXPECT_EQ(ask("POST", "/v1/unmerge_lora_weights").status, 200);
  EXPECT_TRUE(made({}).equal(plain));
}

TEST_F(LoraServer, WhatCannotBeIsToldWithTheField) {
  auto refusal = [&](const std::string& path, const Json& body) {
    const http::Response response = ask("POST", path, body);
    EXPECT_EQ(response.status, 400) << response.body;
    return Json::parse(response.body)["error"];
  };
  Json error = refusal("/v1/videos", {{"prompt", "a"}, {"lora", "../style"}});
  EXPECT_EQ(error["param"], "lora");
  EXPECT_THAT(error["message"].get<std::string>(), HasSubstr("lora names '../style', which this server does not have"));
  EXPECT_THAT(refusal("/v1/videos", {{"prompt", "a"}, {"lora", 3}})["message"].get<std::string>(), HasSubstr("must be a name"));
  EXPECT_EQ(refusal("/v1/set_lora", {{"strength", 3}})["param"], "lora_nickname");
  EXPECT_EQ(refusal("/v1/set_lora", {{"lora_nickname", {"style", "other"}}, {"strength", {1}}})["param"], "strength");
  // A worker whose file of that name is another one fails the job.
  EXPECT_EQ(ask("POST", "/v1/videos", {{"prompt", "a"}, {"size", "32x32"}, {"num_frames", 1}, {"lora", "style"}}).status, 200);
  std::filesystem::copy_file(folder / "loras/other.safetensors", folder / "loras/style.safetensors",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(worker.work_once([] { return false; }));
  const Job job = store->list("", 1, true).jobs.at(0);
  EXPECT_EQ(job.status, Status::failed);
  EXPECT_EQ(job.failure->field, "lora");
  EXPECT_THAT(job.failure->message, HasSubstr("another file now"));
}

}  // namespace
}  // namespace zoetrope::serving
