// Our own interface: what would be made, jobs and their events, files; and what those who run a server ask.
#include "zoetrope/base/error.h"
#include "zoetrope/serving/api.h"
#include "zoetrope/serving/log.h"

namespace zoetrope::serving {
namespace {

namespace fs = std::filesystem;
using base::Json;
using http::HttpError;
using http::json_response;
using http::Request;
using http::Response;
using http::Route;

Json schema(const char* type, const char* format = nullptr) {
  Json json{{"type", type}};
  if (format != nullptr) json["format"] = format;
  return json;
}

}  // namespace

Json Api::native_json(const Job& job) const {
  Json failure;
  if (job.failure) failure = {{"code", job.failure->code}, {"message", job.failure->message}, {"field", job.failure->field}};
  Json artifacts = Json::object();
  if (job.artifacts.is_object())
    for (const auto& [name, file] : job.artifacts.items()) artifacts[name] = fmt::format("/api/jobs/{}/artifacts/{}", job.id, name);
  return {{"id", job.id},
          {"kind", job.kind},
          {"model", job.model},
          {"status", name_of(job.status)},
          {"stage", job.stage},
          {"progress", job.progress},
          {"seconds_left", job.seconds_left ? Json(*job.seconds_left) : Json()},
          {"forecast", job.forecast},
          {"position", job.status == Status::queued ? Json(store_.position(job)) : Json()},
          {"seconds_before", job.status == Status::queued ? Json(store_.seconds_before(job)) : Json()},
          {"created_at", job.created_at},
          {"started_at", optional_time(job.started_at)},
          {"completed_at", optional_time(job.completed_at)},
          {"expires_at", optional_time(job.expires_at)},
          {"attempts", job.attempts},
          {"priority", job.priority},
          {"notices", job.notices},
          {"failure", failure},
          {"artifacts", artifacts},
          {"asked", job.asked},
          {"request", job.request}};
}

void EventText::say(const char* event, const Json& data) {
  text += fmt::format("event: {}\ndata: {}\n\n", event, data.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Response Api::event_stream(std::function<bool(EventText&)> look, std::chrono::milliseconds pause) {
  static constexpr std::chrono::seconds silence(15);  // before it says that it is still there
  struct State {
    std::shared_ptr<void> counted;
    std::function<bool(EventText&)> look;
    std::chrono::steady_clock::time_point spoken = std::chrono::steady_clock::now();
    bool goes_on = true;
  };
  std::shared_ptr<void> counted(nullptr, [streams = streams_](void*) { --*streams; });
  if (++*streams_ > settings_.max_streams)
    throw HttpError(429, "too_many_streams", "{} streams of events are open, and there may be no more", settings_.max_streams)
        .with_header("Retry-After", "10");
  auto state = std::make_shared<State>(State{std::move(counted), std::move(look)});
  auto next = [state]() -> std::optional<std::string> {
    if (!state->goes_on) return std::nullopt;
    EventText events;
    try {
      state->goes_on = state->look(events);
    } catch (const std::exception& error) {  // the database is away for a moment
      log("store_away", {{"reason", error.what()}});
    }
    const auto now = std::chrono::steady_clock::now();
    if (events.text.empty() && now - state->spoken > silence) events.text = ": still here\n\n";
    if (!events.text.empty()) state->spoken = now;
    return events.text;
  };
  return {.content_type = "text/event-stream",
          .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}},
          .stream = std::make_shared<http::Stream>(http::Stream{next, pause})};
}

void Api::tell(const Job& job, ShownJob& shown, EventText& events) const {
  Json json = native_json(job);
  json.erase("request");
  std::string now = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (now == shown.json) return;
  events.say("job", json);
  shown.json = std::move(now);
}

bool Api::has_new_preview(const Job& job, ShownJob& shown) const {
  std::error_code missing;
  const fs::file_time_type changed = fs::last_write_time(settings_.data.job(job.id) / preview_name, missing);
  if (missing || changed == shown.preview) return false;
  shown.preview = changed;
  return true;
}

/// Tells of a job as server-sent events until it ends: `job` with its JSON form when that changes, `preview` when there is a new one,
/// `end`.
Response Api::events(const Job& first) {
  constexpr std::chrono::milliseconds pause(250);
  auto look = [this, id = first.id, shown = ShownJob()](EventText& events) mutable {
    const std::optional<Job> job = store_.find(id);
    if (job) tell(*job, shown, events);
    if (job && !is_final(*job)) {
      if (has_new_preview(*job, shown)) events.say("preview", {{"url", fmt::format("/api/jobs/{}/artifacts/preview", id)}});
      return true;
    }
    events.say("end", {{"status", job ? name_of(job->status) : "removed"}});
    return false;
  };
  return event_stream(look, pause);
}

std::vector<Route> Api::native_routes() {
  auto with_job = [this](auto act) { return [this, act](Request& request) { return act(job_of(request)); }; };
  return {
      {"POST",
       "/api/resolve",
       "Say what a request will make, how long it will take and how much memory, and make nothing",
       [this](Request& request) {
         return with_asked(request, [&](const Asked& asked) -> Response {
           const Planned p = plan(asked, "video");
           Json tokens;  // of the prompt
           if (p.length) tokens = {{"used", p.length->tokens}, {"limit", p.length->limit}};
           return json_response({{"model", p.job.model},
                                 {"request", p.job.request},
                                 {"asked", p.job.asked},
                                 {"notices", p.notices},
                                 {"seconds", p.cost.seconds},
                                 {"bytes", p.cost.bytes},
                                 {"tokens", tokens}});
         });
       },
       "Asked",
       "Plan",
       {},
       /*is_slow=*/true},
      {"POST",
       "/api/jobs",
       "Make a job",
       [this](Request& request) {
         return with_asked(request,
                           [&](const Asked& asked) -> Response { return json_response(native_json(add(plan(asked, "video"))), 201); });
       },
       "Asked",
       "Job",
       {},
       true,
       false,
       "application/json",
       201},
      {"GET",
       "/api/jobs",
       "List jobs, the newest first",
       [this](Request& request) {
         const bool newest = http::query_choice(request, "order", {"desc", "asc"}) == "desc";
         auto after = request.query.find("after");
         const Page page =
             store_.list(after == request.query.end() ? "" : after->second, http::query_number(request, "limit", 20, 1, 100), newest);
         Json list = Json::array();
         for (const Job& job : page.jobs) list.push_back(native_json(job));
         return json_response({{"jobs", list}, {"has_more", page.has_more}});
       },
       "",
       "Jobs",
       {{"limit", "1 to 100", schema("integer")},
        {"after", "the last id of the page before", schema("string")},
        {"order", "desc or asc", schema("string")}}},
      {"GET", "/api/jobs/{id}", "A job with its request", with_job([this](const Job& job) { return json_response(native_json(job)); }), "",
       "Job"},
      {"POST", "/api/jobs/{id}/cancel", "Cancel a job; it stays in the list", with_job([this](const Job& job) {
         const std::optional<Job> after = store_.cancel(job.id);
         return json_response(native_json(after ? *after : job));
       }),
       "", "Job"},
      {"DELETE", "/api/jobs/{id}", "Cancel a job and forget it", with_job([this](const Job& job) {
         store_.remove(job.id);
         return json_response({{"id", job.id}, {"deleted", true}});
       }),
       "", "Deleted"},
      {"GET",
       "/api/jobs/{id}/events",
       "Server-sent events: job (its JSON form, when that changes), preview, end",
       with_job([this](const Job& job) { return events(job); }),
       "",
       "",
       {},
       false,
       false,
       "text/event-stream"},
      {"GET",
       "/api/jobs/{id}/artifacts/{name}",
       "A file of a job: video, image, thumbnail, spritesheet, or preview while it runs; parts of it by Range",
       [this](Request& request) { return artifact(job_of(request), request.values.at("name")); },
       "",
       "",
       {},
       false,
       false,
       "application/octet-stream"},
      {"POST",
       "/api/uploads",
       "Keep a file (a form with `file`) for requests that name it by its id",
       [this](Request& request) {
         for (const http::Part& part : request.parts) {
           if (!part.file || part.name != "file") continue;
           try {
             const media::Probe file = media::probe(part.file->file, {.pixels = media_.max_pixels, .seconds = media_.max_seconds});
             return json_response({{"file_id", part.file->file.filename().string()},
                                   {"sha256", part.file->sha256},
                                   {"bytes", part.file->bytes},
                                   {"width", file.width},
                                   {"height", file.height},
                                   {"frames", file.frames},
                                   {"fps", file.fps.denominator == 0 ? 0 : file.fps.value()}},
                                  201);
           } catch (const base::Error&) {
             throw base::InvalidRequest("file", "'{}' is no image or video that can be read here", part.file->name.substr(0, 80));
           }
         }
         throw base::InvalidRequest("file", "is missing: send a form with a file of that name");
       },
       "Upload",
       "Uploaded",
       {},
       true,
       false,
       "application/json",
       201},
      {"GET",
       "/openapi.json",
       "This document",
       [this](Request&) { return json_response(openapi(router_.routes(), !settings_.keys.empty())); },
       "",
       "Object",
       {},
       false,
       true},
  };
}

std::vector<Route> Api::operation_routes() {
  return {
      {"GET",
       "/healthz",
       "Whether the server lives",
       [](Request&) {
         return json_response({{"status", "ok"}});
       },
       "",
       "Status",
       {},
       false,
       true},
      {"GET",
       "/readyz",
       "Whether the server takes requests: the table of jobs can be read, and it is not shutting down",
       [this](Request&) {
         if (is_closing_) return json_response({{"status", "closing"}}, 503);
         try {
           store_.counts();
         } catch (const std::exception& error) {
           log("store_away", {{"reason", error.what()}});
           return json_response({{"status", "store_away"}}, 503);
         }
         return json_response({{"status", "ready"}});
       },
       "",
       "Status",
       {},
       false,
       true},
      {"GET",
       "/metrics",
       "Figures for Prometheus",
       [this](Request&) { return Response{.content_type = "text/plain; version=0.0.4", .body = metrics_.text(store_, used_)}; },
       "",
       "",
       {},
       false,
       false,
       "text/plain"},
  };
}

}  // namespace zoetrope::serving
