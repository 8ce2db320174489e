#include "zoetrope/serving/fields.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/base64.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/media/image.h"
#include "zoetrope/serving/http/router.h"
#include "zoetrope/serving/uploads.h"

namespace zoetrope::serving {
namespace {

using testing::HasSubstr;

struct Fields : testing::Test {
  Asked json(const std::string& body) {
    http::Request request{.method = "POST", .path = "/", .headers = {{"Content-Type", "application/json; charset=utf-8"}}};
    request.body = body;
    return Asked(request, source);
  }
  Asked form(std::vector<http::Part> parts) {
    http::Request request{.method = "POST", .path = "/", .headers = {{"content-type", "Multipart/Form-Data; boundary=b"}}};
    request.parts = std::move(parts);
    return Asked(request, source);
  }
  http::Upload picture(const std::string& name) {
    base::write_file(folder / name, media::png(at::full({16, 24, 3}, 90, at::kByte)));
    http::Upload upload = store_upload(folder / "uploads", folder / name);
    return upload;
  }

  TemporaryFolder folder;
  MediaSource source{folder / "uploads", [](const std::string& id) -> http::Upload { throw base::Error("no {}", id); }};
};

TEST(ParseJson, GivesNothingForWhatIsNestedTooDeeply) {
  auto nested = [](size_t depth) { return "{\"a\": " + std::string(depth, '[') + std::string(depth, ']') + "}"; };
  EXPECT_TRUE(parse_json(nested(63)));
  EXPECT_FALSE(parse_json(nested(64)));
  EXPECT_FALSE(parse_json(nested(1'000'000)));
  EXPECT_FALSE(parse_json(""));
  EXPECT_EQ(parse_json("[\"[[[\", 1]"), base::Json({"[[[", 1}));
}

TEST_F(Fields, AreTheSameInAFormAndInJson) {
  generation::PartialRequest a = json(R"({"prompt": "a", "size": "64x48", "num_frames": 9, "fps": 7.5, "guidance_scale": 2, "seed": 7,
      "loop": true, "prompts": [{"seconds": 4, "prompt": "b"}], "outpaint": {"left": 8}, "user": "me", "model": null})")
                                     .request();
  generation::PartialRequest b = form({{"prompt", "a", {}},
                                       {"width", "64", {}},
                                       {"height", "48", {}},
                                       {"num_frames", "9", {}},
                                       {"fps", "7.5", {}},
                                       {"guidance_scale", "2", {}},
                                       {"seed", "7", {}},
                                       {"loop", "true", {}},
                                       {"prompts", R"([{"seconds": 4, "prompt": "b"}])", {}},
                                       {"outpaint", R"({"left": 8})", {}}})
                                     .request();
  EXPECT_EQ(a.prompt, b.prompt);
  EXPECT_EQ(a.size, b.size);
  EXPECT_EQ(a.frames, 9);
  EXPECT_EQ(a.frames, b.frames);
  EXPECT_EQ(a.fps, (media::Rational{7500, 1000}));
  EXPECT_EQ(a.fps, b.fps);
  EXPECT_EQ(a.seed, b.seed);
  EXPECT_EQ(a.loop, b.loop);
  EXPECT_EQ(a.prompts, b.prompts);
  EXPECT_EQ(a.outpaint->left, 8);
  EXPECT_EQ(b.outpaint->left, 8);
}

TEST_F(Fields, MediaAreFilesDataUrlsOrUploads) {
  const http::Upload stored = picture("cat.png");
  const std::string data = "data:image/png;base64," + base::base64_encoded(base::read_file(stored.file)), id = stored.file.filename();
  EXPECT_EQ(form({{"input_reference", "", stored}}).request().image, stored.file);
  EXPECT_EQ(form({{"input_reference[image_url]", data, {}}}).request().image, stored.file);
  EXPECT_EQ(json(R"({"input_reference": {"image_url": ")" + data + R"("}})").request().image, stored.file);
  EXPECT_EQ(json(R"({"last_image": ")" + id + R"("})").request().last_image, stored.file);
  EXPECT_EQ(
      form({{"keyframes", R"([{"media": "k", "seconds": 1.5, "denoise": 0.5}])", {}}, {"k", "", stored}}).request().keyframes.at(0).seconds,
      1.5);
  EXPECT_THAT(complaint([&] { json(R"({"mask": "https://example.org/a.png"})").request(); }), HasSubstr("none is ever fetched"));
  EXPECT_THAT(complaint([&] { json(R"({"mask": "/etc/passwd"})").request(); }), HasSubstr("must be a file"));
  EXPECT_THAT(complaint([&] { json(R"({"mask": "data:image/png;base64,!!"})").request(); }), HasSubstr("cannot be decoded"));
  EXPECT_THAT(complaint([&] { form({{"picture", "", stored}}); }), HasSubstr("no field 'picture'"));
}

TEST_F(Fields, SentencesSpeakOfTheClientsFiles) {
  http::Upload stored = picture("secret.png");
  stored.name = "My cat.png";
  Asked asked = form({{"input_reference", "", stored}, {"num_frames", "8", {}}});
  asked.request();
  EXPECT_EQ(asked.in_clients_words(fmt::format("'{}' is too large", stored.file.string())), "'My cat.png' is too large");
  EXPECT_EQ(asked.name_of("frames"), "num_frames");
  EXPECT_EQ(asked.name_of("image"), "input_reference");
  EXPECT_EQ(asked.name_of("sampler"), "sampler");
}

TEST_F(Fields, RefusesWhatIsNoJsonObject) {
  for (const std::string& body :
       {std::string(""), std::string("[]"), std::string("{"), std::string("\xff"), "{\"prompt\": " + std::string(200'000, '[')})
    EXPECT_THROW(json(body).request(), base::Error) << body.substr(0, 20);
  EXPECT_THROW(json("{\"request\": \"" + std::string(200'000, '[') + "\"}").request(), base::InvalidRequest);
  EXPECT_NO_THROW(json(R"({"prompt": "[[[[ \" {{{{ "})").request());
  for (const char* body : {R"({"seed": 1.5})", R"({"seed": -2})", R"({"seed": 1e30})", R"({"fps": 0})", R"({"fps": "nan"})",
                           R"({"loop": 2})", R"({"prompt": 1})", R"({"outpaint": {"up": 1}})", R"({"keyframes": [{}]})",
                           R"({"guidance_interval": [1]})", R"({"width": 64})", R"({"extend": "sideways"})", R"({"aspect": "16"})"})
    EXPECT_THROW(json(body).request(), base::InvalidRequest) << body;
}

TEST(Router, FindsTheMostExactRoute) {
  http::Router router({{"GET", "/v1/videos/{id}", "", {}},
                       {"DELETE", "/v1/videos/{id}", "", {}},
                       {"GET", "/v1/videos/characters/{id}", "", {}},
                       {"POST", "/v1/videos/sync", "", {}}});
  auto find = [&](const std::string& method, std::vector<std::string> segments) {
    http::Request request{.method = method, .path = "/x", .segments = std::move(segments)};
    const http::Route& route = router.find(request);
    return route.method + route.pattern + " " + (request.values.contains("id") ? request.values.at("id") : "-");
  };
  EXPECT_EQ(find("GET", {"v1", "videos", "a/b"}), "GET/v1/videos/{id} a/b");
  EXPECT_EQ(find("HEAD", {"v1", "videos", "a"}), "GET/v1/videos/{id} a");
  EXPECT_EQ(find("GET", {"v1", "videos", "characters", "c"}), "GET/v1/videos/characters/{id} c");
  EXPECT_EQ(find("POST", {"v1", "videos", "sync"}), "POST/v1/videos/sync -");
  EXPECT_THROW(find("POST", {"v1", "videos", "a"}), http::HttpError);
  EXPECT_THROW(find("GET", {"v1", "videos", ""}), http::HttpError);
}

}  // namespace
}  // namespace zoetrope::serving
