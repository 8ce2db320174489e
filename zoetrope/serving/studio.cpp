// The web page and what it asks beyond the native interface: models, prompts, all jobs as one stream, other forms of a clip.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/hash.h"
#include "zoetrope/generation/output_file.h"
#include "zoetrope/generation/size_for_aspect.h"
#include "zoetrope/generation/windows.h"
#include "zoetrope/serving/api.h"
#include "zoetrope/serving/export.h"
#include "zoetrope/serving/log.h"
#include "zoetrope/serving/studio_files.h"
#include "zoetrope/serving/suggestions.h"
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

constexpr const char* page_policy =
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

std::string page_type(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return "text/javascript; charset=utf-8";
}

/// Tags of the page's files, by name.
const std::string& etag_of(const StudioFile& asked) {
  static const auto all = [] {
    std::map<std::string_view, std::string> tags;
    for (const StudioFile& file : studio_files()) tags[file.name] = fmt::format("\"{}\"", base::sha256(file.text).substr(0, 32));
    return tags;
  }();
  return all.at(asked.name);
}

/// A file of the page; a browser that has it asks each time whether it is still the one.
Response page_file(const Request& request, const std::string& name) {
  for (const StudioFile& file : studio_files()) {
    if (file.name != name) continue;
    const std::string& etag = etag_of(file);
    http::Headers headers{
        {"ETag", etag}, {"Cache-Control", "no-cache"}, {"Content-Security-Policy", page_policy}, {"Referrer-Policy", "no-referrer"}};
    if (request.header("if-none-match") == etag) return {.status = 304, .content_type = "", .headers = headers};
    return {.content_type = page_type(name), .body = std::string(file.text), .headers = headers};
  }
  throw HttpError(404, "unknown_url", "there is no '{}' here", request.path.substr(0, 200));
}

/// The sizes that a model is offered with: those that it does best, then one for each usual shape.
Json sizes_of(const model::Defaults& d) {
  Json sizes = Json::array();
  auto add = [&](const std::pair<int64_t, int64_t>& size, bool is_native) {
    for (const Json& other : sizes)
      if (other["width"] == size.first && other["height"] == size.second) return;
    sizes.push_back({{"width", size.first}, {"height", size.second}, {"is_native", is_native}});
  };
  add({d.settings.width, d.settings.height}, true);
  for (const auto& size : d.sizes) add(size, true);
  const bool is_open = d.sizes.empty();  // nothing says which sizes it does best
  for (double aspect : {16. / 9, 4. / 3, 1., 3. / 4, 9. / 16}) add(generation::size_for_aspect(aspect, d), is_open);
  return sizes;
}

/// The number of steps of a quick look: two fifths of the model's own, where these are many.
int64_t fast_steps(int64_t steps) {
  constexpr int64_t few = 4;
  return std::min(steps, std::max(few, (2 * steps + 4) / 5));
}

/// What a mode of the page sets: the preset of that name where the model has one, else its own settings with so many steps.
Json mode_json(const model::Defaults& d, const std::string& name, int64_t steps) {
  for (const model::SamplingSettings& preset : d.presets)
    if (preset.preset == name) return {{"preset", name}, {"steps", preset.steps}};
  return {{"preset", d.settings.preset}, {"steps", steps}};
}

Json model_json(const std::string& name, const model::Model& model, double max_seconds) {
  const model::Defaults& d = model.defaults();
  Json knows;
  if (d.trained_on)
    for (const auto& [kind, names] : d.trained_on->kinds) knows[kind] = names;
  return {{"id", name},
          {"settings", model::to_json(d.settings)},
          {"modes", {{"fast", mode_json(d, "fast", fast_steps(d.settings.steps))}, {"full", mode_json(d, "full", d.settings.steps)}}},
          {"sizes", sizes_of(d)},
          {"size_multiple", d.size_multiple},
          {"frame_step", model.geometry().time},
          {"max_frames", d.max_frames},
          {"max_seconds", max_seconds},
          {"frames_at_once", generation::longest_at_once(model)},
          {"takes_media", d.conditions_unsupported_reason.empty()},
          {"requires_image", d.requires_image},
          {"makes_classes", d.makes_classes},
          {"knows", knows}};
}

}  // namespace

/// Tells of all jobs as server-sent events: `job` for each when it changes (at first for the newest hundred), `preview`, `removed`.
Response Api::all_events() {
  constexpr std::chrono::milliseconds pause(500);  // workers tell every second
  auto look = [this, shown = std::map<std::string, ShownJob>(), has_begun = false](EventText& events) mutable {
    constexpr int64_t newest = 100;
    auto tell_all = [&](const Job& job) {
      ShownJob& known = shown[job.id];
      tell(job, known, events);
      if (job.status == Status::in_progress && has_new_preview(job, known))
        events.say("preview", {{"id", job.id}, {"url", fmt::format("/api/jobs/{}/artifacts/preview", job.id)}});
    };
    const Page page = store_.list("", newest, true);
    std::set<std::string> listed;
    for (const Job& job : page.jobs) listed.insert(job.id);
    std::for_each(page.jobs.rbegin(), page.jobs.rend(), tell_all);
    for (auto entry = shown.begin(); entry != shown.end();) {
      const std::string id = (entry++)->first;
      if (listed.contains(id)) continue;
      const std::optional<Job> job = store_.find(id);
      if (job) tell_all(*job);
      if (!job) events.say("removed", {{"id", id}});
      if (!job || is_final(*job)) shown.erase(id);
    }
    if (!has_begun) events.say("ready", {{"has_more", page.has_more}}), has_begun = true;
    return true;
  };
  return event_stream(look, pause);
}

Response Api::export_of(const Job& job, const std::string& name) const {
  if (std::ranges::find(export_names(), name) == export_names().end())
    throw HttpError(404, "not_found", "a clip can be had as {}, not as '{}'", fmt::join(export_names(), ", "), name.substr(0, 40));
  const Response clip = artifact(job, job.kind == "image" ? "image" : "video");
  Response response = artifact_file(exported(clip.file, name));
  response.headers.emplace_back("Content-Disposition",
                                fmt::format("attachment; filename=\"{}{}\"", job.id, response.file.extension().string()));
  return response;
}

/// The request that an uploaded file carries.
Response Api::carried_request(const http::Upload& upload) const {
  const std::optional<std::string> text = generation::read_carried_request(upload.file);
  const Json json = parse_json(text.value_or("")).value_or(Json());
  if (!json.is_object())
    throw HttpError(422, "no_request", "the file carries no request: it was not made by this program, or another one changed it");
  const model::Identity made_by = generation::model_of(json).value_or(model::Identity{});
  return json_response({{"request", generation::to_json(generation::request_from_json(json), made_by)}});
}

std::vector<Route> Api::studio_routes() {
  const std::string page = "text/html";
  auto upload_of = [this](const Request& r) {
    const std::string& id = r.values.at("id");
    if (auto found = find_upload(settings_.data.uploads(), id)) return *found;
    throw HttpError(404, "not_found", "there is no upload '{}'", id.substr(0, 80)).with_param("id");
  };
  return {
      {"GET", "/", "The web page", [](Request& r) { return page_file(r, "index.html"); }, "", "", {}, false, /*is_open=*/true, page},
      {"GET",
       "/studio/{file}",
       "A file of the web page",
       [](Request& r) { return page_file(r, r.values.at("file")); },
       "",
       "",
       {},
       false,
       true,
       "text/javascript"},
      {"GET",
       "/api/models/{id}",
       "What a model can do: sizes, lengths, settings, what it knows",
       [this](Request& r) {
         ServedModels::Lent lent = models_.lend(r.values.at("id"));
         return json_response(model_json(lent.name, lent.model, settings_.max_seconds));
       },
       "",
       "Object",
       {},
       /*is_slow=*/true},
      {"GET",
       "/api/models/{id}/prompts",
       "Prompts that a model can do, in both languages; none where it does not tell what it knows",
       [this](Request& r) {
         const int64_t count = http::query_number(r, "count", 6, 1, 24), seed = http::query_number(r, "seed", 0, 0, int64_t{1} << 53);
         auto model = std::ranges::find(models_.list(), r.values.at("id"), &model::ListedModel::name);
         if (model == models_.list().end())
           throw HttpError(404, "model_not_found", "there is no model '{}' here", r.values.at("id").substr(0, 80)).with_param("id");
         const fs::path file = model->path / "zoetrope.json";
         const Json settings = fs::exists(file) ? Json::parse(base::read_file(file), nullptr, false) : Json();
         Json prompts = Json::array();
         for (const world::Captions& c : suggested_prompts(settings, static_cast<uint64_t>(seed), count))
           prompts.push_back({{"en", c.en}, {"zh", c.zh}});
         return json_response({{"prompts", prompts}});
       },
       "",
       "Object",
       {{"count", "1 to 24, by default 6", {{"type", "integer"}}}, {"seed", "another one gives other prompts", {{"type", "integer"}}}}},
      {"GET",
       "/api/events",
       "Server-sent events of all jobs: job (its JSON form, when that changes), preview, removed; ready after the first ones",
       [this](Request&) { return all_events(); },
       "",
       "",
       {},
       false,
       false,
       "text/event-stream"},
      {"POST", "/api/jobs/{id}/priority", "Move a waiting job in the queue: `priority`, larger ones are made first",
       [this](Request& r) {
         return with_asked(r, [&](const Asked& asked) -> Response {
           const Json body = json_body(r);
           for (const auto& [field, value] : body.items())
             if (field != "priority") throw base::InvalidRequest(field.substr(0, 80), "does not apply here; there is priority");
           const std::optional<int64_t> priority = priority_of(asked);
           if (!priority) throw base::InvalidRequest("priority", "is missing: jobs of larger ones are made first, 0 is usual");
           store_.set_priority(job_of(r).id, *priority);
           return json_response(native_json(job_of(r)));
         });
       },
       "Priority", "Job"},
      {"GET",
       "/api/jobs/{id}/exports/{name}",
       "A finished clip as gif, webp, frames (a zip of PNG files) or last_frame (PNG)",
       [this](Request& r) { return export_of(job_of(r), r.values.at("name")); },
       "",
       "",
       {},
       true,
       false,
       "application/octet-stream"},
      {"GET",
       "/api/uploads/{id}",
       "A file that was uploaded",
       [upload_of](Request& r) { return artifact_file(upload_of(r).file); },
       "",
       "",
       {},
       false,
       false,
       "application/octet-stream"},
      {"GET",
       "/api/uploads/{id}/request",
       "The request that an uploaded file carries, if this program made it",
       [this, upload_of](Request& r) { return carried_request(upload_of(r)); },
       "",
       "Object",
       {},
       true},
  };
}

}  // namespace zoetrope::serving
