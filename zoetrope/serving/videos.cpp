// OpenAI's interface to videos and images, as its clients speak it (openai 3.57.0 for Python).
#include <algorithm>

#include "zoetrope/base/base64.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/generation/check.h"
#include "zoetrope/generation/timeline.h"
#include "zoetrope/serving/api.h"
#include "zoetrope/serving/uploads.h"

namespace zoetrope::serving {
namespace {

using base::Json;
using http::HttpError;
using http::json_response;
using http::Request;
using http::Response;
using http::Route;

constexpr double edit_strength = .7;  // how much an edit or remix may change by default

/// Lengthens a request that continues a video until as many seconds are new as it asks for.
void lengthen(generation::PartialRequest& asked, const model::Model& model) {
  if (!asked.seconds || asked.video.empty()) return;
  const double seconds = *asked.seconds;
  const autoencoder::Geometry g = model.geometry();
  constexpr int tries = 8;
  for (int i = 0; i < tries; ++i) {
    const generation::Request r = generation::resolve(asked, model).request;
    const generation::Condition& video = r.conditions.front();
    const int64_t length = generation::frames_at(media::probe(video.media), r.fps);
    const int64_t known =
        video.frame_index < 0 || length < r.frames ? length + std::min<int64_t>(0, video.frame_index) : r.frames - video.frame_index;
    const int64_t missing = std::llround(seconds * r.fps.value()) - (r.frames - known);
    asked.seconds.reset(), asked.frames = r.frames;
    if (missing <= 0) return;
    *asked.frames += (missing + g.time - 1) / g.time * g.time;
  }
}

constexpr const char* character_kind = "char";

std::filesystem::path character_file(const DataFolder& data, const std::string& id) { return data.characters() / (id + ".json"); }

/// A character as clients are told of it.
Json character_json(const Json& stored) {
  return {{"id", stored.at("id")}, {"created_at", stored.at("created_at")}, {"name", stored.at("name")}};
}

}  // namespace

Response Api::list_videos(const Request& request) const {
  const int64_t limit = http::query_number(request, "limit", 20, 0, 100);
  const bool newest = http::query_choice(request, "order", {"desc", "asc"}) == "desc";
  auto found = request.query.find("after");
  std::string after = found == request.query.end() ? "" : found->second;
  if (!after.empty() && !store_.find(after))
    throw HttpError(404, "not_found", "there is no video '{}' to go on from", after.substr(0, 80)).with_param("after");
  Json data = Json::array();
  bool has_more = true;
  constexpr int64_t block = 100;
  while (has_more && std::ssize(data) <= limit) {  // images are passed over; one more tells whether there are more
    const Page page = store_.list(after, block, newest);
    for (const Job& job : page.jobs)
      if (job.kind == "video" && std::ssize(data) <= limit) data.push_back(video_json(job));
    has_more = page.has_more && !page.jobs.empty();
    if (has_more) after = page.jobs.back().id;
  }
  const bool is_cut = std::ssize(data) > limit;
  if (is_cut) data.erase(data.size() - 1);
  const Json first = data.empty() ? Json() : data.front()["id"], last = data.empty() ? Json() : data.back()["id"];
  return json_response({{"object", "list"}, {"data", data}, {"first_id", first}, {"last_id", last}, {"has_more", is_cut}});
}

Response Api::remix(Request& request) {
  return with_asked(request, [&](const Asked& asked) -> Response {
    const Job source = job_of(request);
    if (!asked.has("prompt")) throw base::InvalidRequest("prompt", "is missing: say what to show instead");
    const http::Upload clip = clip_of(source.id);
    Planned p = plan(
        asked, "video",
        [&](generation::PartialRequest& partial, const model::Model& model) {
          const generation::Request before = generation::request_from_json(source.request, generation::default_request(model));
          if (!partial.seed) partial.seed = before.seed;
          if (!partial.steps) partial.steps = before.steps;
          if (!partial.guidance_scale) partial.guidance_scale = before.guidance_scale;
          if (!partial.negative_prompt) partial.negative_prompt = before.negative_prompt;
          if (!partial.sampler) partial.sampler = before.sampler;
          partial.video = clip.file;
          if (!partial.strength && partial.mask.empty()) partial.strength = edit_strength;
        },
        source.request);
    p.job.asked["remixed_from_video_id"] = source.id;
    return made(add(p));
  });
}

Response Api::make_character(const Request& request) const {
  return with_asked(request, [&](const Asked& asked) -> Response {
    const std::string name = asked.text("name");
    if (name.empty() || name.size() > 200) throw base::InvalidRequest("name", "must have 1 to 200 bytes");
    if (auto reason = policy_.refusal(name)) throw HttpError(400, "content_policy_violation", "{}", *reason).with_param("name");
    const generation::PartialRequest given = asked.request();
    if (given.video.empty()) throw base::InvalidRequest("video", "is missing: a character is a clip of it");
    Json character{
        {"id", new_id(character_kind)}, {"created_at", std::time(nullptr)}, {"name", name}, {"video", given.video.filename().string()}};
    base::write_file(character_file(settings_.data, character["id"]), character.dump(-1, ' ', false, Json::error_handler_t::replace));
    return json_response(character_json(character));
  });
}

/// A video at once: the job is made, and its file is the answer when it is there. A client that leaves cancels it.
Response Api::make_now(Request& request) {
  return with_asked(request, [&](const Asked& asked) -> Response {
    const std::string id = add(plan(asked, "video")).id;
    auto ask = [this, id]() -> std::optional<Response> {
      try {
        const std::optional<Job> job = store_.find(id);
        if (job && !is_final(*job)) return std::nullopt;
        if (!job) throw HttpError(404, "not_found", "the video was deleted");
        if (job->status != Status::completed) {
          const Json error = video_json(*job)["error"];
          const bool is_clients = job->failure && job->failure->code == "invalid_request";
          throw HttpError(is_clients || job->status == Status::cancelled ? 400 : 422, error.is_null() ? "failed" : error["code"], "{}",
                          error.is_null() ? "the video failed" : error["message"].get<std::string>());
        }
        Response response = artifact(*job, "video");
        response.headers.emplace_back("x-video-id", id);
        return response;
      } catch (const HttpError& error) {
        return error.response();
      } catch (const std::exception&) {
        return std::nullopt;  // the database is away: the job is stored, so it is asked again
      }
    };
    auto gone = [this, id] {
      try {
        store_.cancel(id);
      } catch (const std::exception&) {  // it is made for nothing then
      }
    };
    return {.later = std::make_shared<http::Later>(http::Later{ask, gone})};
  });
}

/// OpenAI's images: each is a job of one frame; the answer comes when all are there.
Response Api::make_images(Request& request) {
  return with_asked(request, [&](const Asked& asked) -> Response {
    const int64_t count = asked.whole_number("n").value_or(1);
    if (count < 1 || count > 10) throw base::InvalidRequest("n", "must be from 1 to 10, got {}", count);
    if (const std::string format = asked.text("response_format", "b64_json"); format != "b64_json")
      throw base::InvalidRequest("response_format", "must be b64_json, got '{}': images are part of the answer", format.substr(0, 40));
    Planned p = plan(asked, "image");
    std::vector<std::string> ids;
    const uint64_t seed = p.request.seed;
    try {
      for (int64_t i = 0; i < count; ++i) {
        p.job.request["seed"] = seed + static_cast<uint64_t>(i);
        ids.push_back(add(p).id);
      }
    } catch (...) {
      for (const std::string& id : ids) store_.cancel(id);
      throw;
    }
    auto ask = [this, ids]() -> std::optional<Response> {
      try {
        Json data = Json::array();
        std::vector<Job> jobs;
        for (const std::string& id : ids) {
          const std::optional<Job> job = store_.find(id);
          if (!job) throw HttpError(404, "not_found", "an image was deleted while it was made");
          if (!is_final(*job)) return std::nullopt;
          jobs.push_back(*job);
        }
        for (const Job& job : jobs) {
          if (job.status != Status::completed)
            throw HttpError(422, job.failure ? job.failure->code : "cancelled", "{}",
                            job.failure ? job.failure->message : "the image was cancelled");
          data.push_back({{"b64_json", base::base64_encoded(base::read_file(artifact(job, "image").file))}});
        }
        return json_response({{"created", jobs.front().created_at}, {"data", data}, {"output_format", "png"}});
      } catch (const HttpError& error) {
        return error.response();
      } catch (const std::exception&) {
        return std::nullopt;
      }
    };
    return {.later = std::make_shared<http::Later>(http::Later{ask, [this, ids] {
                                                                 for (const std::string& id : ids) try {
                                                                     store_.cancel(id);
                                                                   } catch (const std::exception&) {  // it is made for nothing then
                                                                   }
                                                               }})};
  });
}

std::vector<Route> Api::video_routes() {
  /// A job of what a body asks, after a change; `required`: fields that it must have.
  auto make = [this](Request& request, const std::vector<const char*>& required, const Change& change) {
    return with_asked(request, [&](const Asked& asked) -> Response {
      for (const char* name : required)
        if (!asked.has(name)) throw base::InvalidRequest(name, "is missing");
      return made(add(plan(asked, "video", change)));
    });
  };
  const std::vector<http::QueryValue> paging{{"after", "the last id of the page before", {{"type", "string"}}},
                                             {"limit", "0 to 100, by default 20", {{"type", "integer"}}},
                                             {"order", "by the time when they were made", {{"type", "string"}, {"enum", {"desc", "asc"}}}}};
  return {
      {"POST", "/v1/videos", "Make a video", [make](Request& r) { return make(r, {}, {}); }, "Asked", "Video", {}, /*is_slow=*/true},
      {"GET", "/v1/videos", "List videos, the newest first", [this](Request& r) { return list_videos(r); }, "", "Videos", paging},
      {"POST",
       "/v1/videos/sync",
       "Make a video; the answer is its file",
       [this](Request& r) { return make_now(r); },
       "Asked",
       "",
       {},
       true,
       false,
       "video/mp4"},
      {"POST",
       "/v1/videos/edits",
       "Change a video after a prompt, by default all of it by .7 (`strength`), or where a `mask` is white",
       [make](Request& r) {
         return make(r, {"prompt", "video"}, [](generation::PartialRequest& asked, const model::Model&) {
           if (!asked.strength && asked.mask.empty() && !asked.outpaint) asked.strength = edit_strength;
         });
       },
       "Asked",
       "Video",
       {},
       true},
      {"POST",
       "/v1/videos/extensions",
       "Continue a video by `seconds`",
       [make](Request& r) {
         return make(r, {"prompt", "video", "seconds"}, lengthen);
       },
       "Asked",
       "Video",
       {},
       true},
      {"POST",
       "/v1/videos/characters",
       "Keep a clip of a character",
       [this](Request& r) { return make_character(r); },
       "Asked",
       "Character",
       {},
       true},
      {"GET", "/v1/videos/characters/{id}", "A character",
       [this](Request& r) {
         const std::string& id = r.values.at("id");
         const std::filesystem::path file = is_id(id, character_kind) ? character_file(settings_.data, id) : "";
         if (file.empty() || !std::filesystem::exists(file))
           throw HttpError(404, "not_found", "there is no character '{}'", id.substr(0, 80)).with_param("id");
         return json_response(character_json(Json::parse(base::read_file(file))));
       },
       "", "Character"},
      {"GET", "/v1/videos/{id}", "A video: how far it is", [this](Request& r) { return made(job_of(r)); }, "", "Video"},
      {"DELETE", "/v1/videos/{id}", "Delete a video; a running one is cancelled",
       [this](Request& r) {
         const Job job = job_of(r);
         store_.remove(job.id);
         return json_response({{"id", job.id}, {"deleted", true}, {"object", "video.deleted"}});
       },
       "", "Deleted"},
      {"GET",
       "/v1/videos/{id}/content",
       "The file of a video, or a picture of it; while it is made, the thumbnail is the preview",
       [this](Request& r) {
         return artifact(job_of(r), http::query_choice(r, "variant", {"video", "thumbnail", "spritesheet"}));
       },
       "",
       "",
       {{"variant", "which file", {{"type", "string"}, {"enum", {"video", "thumbnail", "spritesheet"}}}}},
       false,
       false,
       "application/octet-stream"},
      {"POST",
       "/v1/videos/{id}/remix",
       "Make a finished video again after another prompt, from what it looks like",
       [this](Request& r) { return remix(r); },
       "Asked",
       "Video",
       {},
       true},
      {"POST",
       "/v1/images/generations",
       "Make images; they are in the answer",
       [this](Request& r) { return make_images(r); },
       "Asked",
       "Images",
       {},
       true},
      {"GET", "/v1/models", "The models",
       [this](Request&) {
         Json data = Json::array();
         for (const model::ListedModel& m : models_.list())
           data.push_back({{"id", m.name},
                           {"object", "model"},
                           {"created", 0},
                           {"owned_by", "zoetrope"},
                           {"family", m.family},
                           {"tasks", m.tasks},
                           {"size", fmt::format("{}x{}", m.size.first, m.size.second)},
                           {"num_frames", m.frames}});
         return json_response({{"object", "list"}, {"data", data}});
       },
       "", "Models"},
      {"GET", "/v1/models/{id}", "A model",
       [this](Request& r) {
         for (const model::ListedModel& m : models_.list())
           if (m.name == r.values.at("id"))
             return json_response({{"id", m.name}, {"object", "model"}, {"created", 0}, {"owned_by", "zoetrope"}});
         throw HttpError(404, "model_not_found", "there is no model '{}' here", r.values.at("id").substr(0, 80)).with_param("model");
       },
       "", "Model"},
  };
}

}  // namespace zoetrope::serving
