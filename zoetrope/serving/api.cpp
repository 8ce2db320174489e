#include "zoetrope/serving/api.h"

#include <algorithm>
#include <cmath>

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"
#include "zoetrope/generation/check.h"
#include "zoetrope/generation/generate.h"
#include "zoetrope/generation/timeline.h"
#include "zoetrope/media/suffix.h"
#include "zoetrope/serving/http/url.h"
#include "zoetrope/serving/log.h"
#include "zoetrope/serving/uploads.h"

namespace zoetrope::serving {
namespace {

namespace fs = std::filesystem;
using base::Json;
using http::HttpError;
using http::json_response;
using http::Request;
using http::Response;
using http::Route;

/// Whether two texts are the same, in a time that does not tell where they differ.
bool same_secret(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b.empty() ? 0 : b[i % b.size()]);
  return difference == 0;
}

/// "localhost:8000" -> "localhost"; "[::1]:8000" -> "[::1]".
std::string_view host_name(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, std::min(host.find(']') + 1, host.size()));
  return host.substr(0, host.find(':'));
}

/// A page of another site may not use a server that has no key, whatever name it finds for this machine.
void check_origin(const Request& request) {
  const std::string_view host = request.header("host"), name = host_name(host);
  if (!host.empty() && name != "localhost" && name != "127.0.0.1" && name != "[::1]")
    throw HttpError(403, "forbidden_host", "this server has no key and answers to localhost alone, not to '{}'", name.substr(0, 80));
  const std::string_view origin = request.header("origin");
  if (!origin.empty() && origin != fmt::format("http://{}", host))
    throw HttpError(403, "forbidden_origin", "pages of other sites may not use this server");
}

/// How long a result is: what is given before and behind the new frames is part of it.
double result_seconds(const generation::Request& r) {
  int64_t before = 0, end = r.frames;
  for (const generation::Condition& c : r.conditions) {
    before = std::max(before, -c.frame_index);
    if (c.frame_index < 0 || c.frame_index >= r.frames) continue;
    if (const media::Probe file = media::probe(c.media); file.frames > 1)
      end = std::max(end, c.frame_index + generation::frames_at(file, r.fps));
  }
  return static_cast<double>(before + end) / r.fps.value();
}

std::string seconds_text(double seconds) { return fmt::format("{}", std::round(seconds * 1000) / 1000); }

std::string type_of(const fs::path& file) {
  const std::string suffix = file.extension().string();
  if (suffix == ".zip") return "application/zip";
  const std::string_view type = media::media_type(suffix);
  return type.empty() ? "application/octet-stream" : std::string(type);
}

}  // namespace

Response artifact_file(const fs::path& file) {
  return {.content_type = type_of(file), .headers = {{"Cache-Control", "private, max-age=31536000, immutable"}}, .file = file};
}

std::optional<int64_t> priority_of(const Asked& asked) {
  constexpr int64_t most = 100;
  const std::optional<int64_t> priority = asked.whole_number("priority");
  if (priority && std::abs(*priority) > most) throw base::InvalidRequest("priority", "must be from -{0} to {0}, got {1}", most, *priority);
  return priority;
}

Json optional_time(const std::optional<int64_t>& time) { return time ? Json(*time) : Json(); }

bool is_final(const Job& job) { return job.status != Status::queued && job.status != Status::in_progress; }

Json video_json(const Job& job) {
  const bool is_cancelled = job.status == Status::cancelled;
  const std::string status(name_of(is_cancelled ? Status::failed : job.status));
  Json error;
  if (is_cancelled)
    error = {{"code", "cancelled"}, {"message", "the job was cancelled"}};
  else if (job.failure)
    error = {{"code", job.failure->code}, {"message", job.failure->message}};
  auto told = [&](const char* key) { return job.asked.is_object() ? job.asked.value(key, Json()) : Json(); };
  return {{"id", job.id},
          {"object", "video"},
          {"model", job.model},
          {"status", status},
          {"progress", static_cast<int64_t>(job.status == Status::completed ? 100 : std::floor(std::clamp(job.progress, 0.0, 1.0) * 100))},
          {"created_at", job.created_at},
          {"completed_at", job.status == Status::completed ? optional_time(job.completed_at) : Json()},
          {"expires_at", optional_time(job.expires_at)},
          {"prompt", told("prompt")},
          {"seconds", told("seconds")},
          {"size", told("size")},
          {"remixed_from_video_id", told("remixed_from_video_id")},
          {"error", error}};
}

Response response_of(const std::exception_ptr& error, const Asked* asked) {
  auto ours = [&](const std::string& sentence) { return asked == nullptr ? sentence : asked->in_clients_words(sentence); };
  try {
    std::rethrow_exception(error);
  } catch (const HttpError& e) {
    return e.response();
  } catch (const base::InvalidRequest& e) {
    const std::string name = asked == nullptr ? e.field() : asked->name_of(e.field());
    return HttpError(400, "invalid_value", "{} {}", name, ours(e.sentence())).with_param(name).response();
  } catch (const base::UsageError& e) {
    return HttpError(400, "invalid_value", "{}", ours(e.what())).response();
  } catch (const QueueFull& e) {
    return HttpError(429, "queue_full", "{}", e.what()).with_header("Retry-After", "10").response();
  } catch (...) {
    const Failure failure = base::failure_of(error);
    log("error", {{"code", failure.code}, {"reason", failure.message}});
    return HttpError(500, failure.code, "{}", ours(failure.message)).response();
  }
}

Api::Api(JobStore& store, ServedModels& models, ApiSettings settings)
    : store_(store),
      models_(models),
      settings_(std::move(settings)),
      media_{settings_.data.uploads(), [this](const std::string& id) { return clip_of(id); }, int64_t{1} << 26, settings_.max_seconds},
      policy_(settings_.policy.empty() ? Policy() : Policy::read(settings_.policy)),
      router_(all_routes()) {}

std::vector<Route> Api::all_routes() {
  std::vector<Route> all = video_routes();
  for (Route& route : lora_routes()) all.push_back(std::move(route));
  for (Route& route : native_routes()) all.push_back(std::move(route));
  for (Route& route : studio_routes()) all.push_back(std::move(route));
  for (Route& route : operation_routes()) all.push_back(std::move(route));
  return all;
}

http::Service::Admission Api::admit(Request& request) {
  try {
    const Route& route = router_.find(request);
    if (settings_.keys.empty()) check_origin(request);
    constexpr std::string_view bearer = "Bearer ";
    const std::string_view given = request.header("authorization");
    const std::string_view key = given.starts_with(bearer) ? given.substr(bearer.size()) : "";
    if (!settings_.keys.empty() && !route.is_open &&
        std::ranges::none_of(settings_.keys, [&](const auto& k) { return same_secret(k, key); }))
      throw HttpError(401, "invalid_api_key", "{}",
                      given.empty() ? "a key is needed: Authorization: Bearer KEY" : "the key is not one of this server")
          .with_header("WWW-Authenticate", "Bearer");
    if (settings_.quota > 0 && used_ >= settings_.quota && (route.body == "Asked" || route.body == "Upload"))
      throw HttpError(507, "quota_exceeded",
                      "the {:.1f} GB for clips and uploads of this server are full; delete videos that are not needed, or try later",
                      static_cast<double>(settings_.quota) / 1e9);
    return {{}, route.is_slow};
  } catch (...) {
    return {response_of(std::current_exception())};
  }
}

Response Api::answer(Request& request) noexcept {
  try {
    return router_.find(request).handler(request);
  } catch (...) {
    return response_of(std::current_exception());
  }
}

Response Api::refuse(int status, const std::string& sentence) { return HttpError(status, "", "{}", sentence).response(); }

void Api::answered(const http::Exchange& e) {
  metrics_.count(e);
  Json line{{"method", e.request.method.substr(0, 20)},
            {"route", e.request.route},
            {"status", e.status},
            {"ms", std::round(e.seconds * 10'000) / 10},
            {"bytes", e.bytes}};
  if (auto id = e.request.values.find("id"); id != e.request.values.end()) line["id"] = id->second.substr(0, 80);
  if (e.request.route != "/healthz" && e.request.route != "/readyz" && e.request.route != "/metrics") log("answered", line);
}

Response Api::with_asked(const Request& request, const std::function<Response(const Asked&)>& act) const {
  const Asked asked(request, media_);
  try {
    return act(asked);
  } catch (...) {
    return response_of(std::current_exception(), &asked);
  }
}

Api::Planned Api::plan(const Asked& asked, const std::string& kind, const Change& change, const Json& like) {
  if (asked.json().contains("characters"))
    throw base::InvalidRequest("characters", "cannot be used: none of the models here takes references of characters");
  generation::PartialRequest partial = asked.request();
  ServedModels::Lent lent = models_.lend(asked.text("model"), loras_for(asked, like.is_null() ? partial.from : like));
  if (kind == "image") partial.frames = 1, partial.seconds.reset();
  if (change) change(partial, lent.model);
  if (!partial.prompt && !partial.class_label && partial.from.is_null() && !lent.model.components().classes)
    throw base::InvalidRequest("prompt", "is missing: say what to show");
  generation::Resolved resolved = generation::resolve(partial, lent.model);
  const generation::Request& r = resolved.request;
  if (auto refused = policy_.refused(r))
    throw HttpError(400, "content_policy_violation", "{}", refused->reason).with_param(asked.name_of(refused->field));
  if (r.width * r.height > settings_.max_pixels)
    throw base::InvalidRequest("size", "can have up to {} pixels here, got {}x{}", settings_.max_pixels, r.width, r.height);
  const double seconds = result_seconds(r);
  if (seconds > settings_.max_seconds)
    throw base::InvalidRequest("seconds", "can be up to {} here, got {}", settings_.max_seconds, seconds);
  Planned planned;
  planned.cost = generation::estimate(r, lent.model);
  planned.length = generation::prompt_length(r.prompt, lent.model);
  for (const generation::Notice& notice : resolved.notices) planned.notices.push_back(asked.in_clients_words(notice.text));
  planned.job.kind = kind, planned.job.model = lent.name;
  planned.job.request = generation::to_json(r, lent.model.identity());
  const std::string given = asked.has("seconds") && !asked.has("video")
                                ? (asked.json()["seconds"].is_string() ? asked.text("seconds") : seconds_text(*asked.number("seconds")))
                                : "";
  planned.job.asked = {
      {"prompt", r.prompt}, {"size", fmt::format("{}x{}", r.width, r.height)}, {"seconds", given.empty() ? seconds_text(seconds) : given}};
  planned.job.forecast = planned.cost.seconds;
  planned.job.priority = priority_of(asked).value_or(0);
  planned.request = std::move(resolved.request);
  return planned;
}

Job Api::add(const Planned& planned) {
  for (const generation::Condition& c : planned.request.conditions)
    for (const fs::path& file : {c.media, c.mask})
      if (!file.empty()) touch_upload(file);
  return store_.add(planned.job, settings_.max_queue);
}

Job Api::job_of(const Request& request) const {
  const std::string& id = request.values.at("id");
  if (auto job = store_.find(id)) return *job;
  throw HttpError(404, "not_found", "there is no video '{}'", id.substr(0, 80)).with_param("id");
}

http::Upload Api::clip_of(const std::string& id) const {
  const std::optional<Job> job = store_.find(id);
  if (!job) throw HttpError(404, "not_found", "there is no video '{}'", id.substr(0, 80)).with_param("video");
  if (job->status != Status::completed || !job->artifacts.is_object() || !job->artifacts.contains("video"))
    throw base::InvalidRequest("video", "must be a finished one; '{}' is {}", id,
                               job->status == Status::completed ? "gone" : name_of(job->status));
  return store_upload(settings_.data.uploads(), settings_.data.job(id) / job->artifacts["video"].get<std::string>());
}

Response Api::made(const Job& job) const {
  constexpr double a_tenth = 100;  // of a second, in milliseconds
  Response response = json_response(video_json(job));
  const double seconds = job.forecast + (job.status == Status::queued ? store_.seconds_before(job) : 0);
  response.headers.emplace_back("openai-poll-after-ms",
                                fmt::format("{}", static_cast<int64_t>(std::clamp(seconds * a_tenth, 250.0, 5000.0))));
  return response;
}

Response Api::artifact(const Job& job, const std::string& name) const {
  const fs::path folder = settings_.data.job(job.id);
  if (job.status == Status::completed) {
    if (!job.artifacts.is_object()) throw HttpError(410, "expired", "the files of '{}' are gone: their time to live is over", job.id);
    if (!job.artifacts.contains(name))
      throw HttpError(404, "not_found", "'{}' has no {}; it has {}", job.id, name.substr(0, 40), job.artifacts.dump());
    const fs::path file = folder / fs::path(job.artifacts[name].get<std::string>()).filename();
    return artifact_file(file);
  }
  const fs::path preview = folder / preview_name;
  if ((name == "thumbnail" || name == "preview") && job.status == Status::in_progress && fs::exists(preview))
    return {.content_type = type_of(preview), .headers = {{"Cache-Control", "no-store"}}, .file = preview};
  if (is_final(job))
    throw HttpError(404, "not_found", "'{}' has no {}: it {}", job.id, name.substr(0, 40),
                    job.status == Status::failed ? "failed" : "was cancelled");
  throw HttpError(404, "not_ready", "the {} of '{}' is not there yet: it is {}; GET /v1/videos/{} tells when", name.substr(0, 40), job.id,
                  name_of(job.status), job.id);
}

}  // namespace zoetrope::serving
