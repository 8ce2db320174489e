#pragma once
#include <atomic>
#include <set>

#include "zoetrope/base/progress.h"
#include "zoetrope/serving/data_folder.h"
#include "zoetrope/serving/disk.h"
#include "zoetrope/serving/fields.h"
#include "zoetrope/serving/http/router.h"
#include "zoetrope/serving/job_store.h"
#include "zoetrope/serving/metrics.h"
#include "zoetrope/serving/policy.h"
#include "zoetrope/serving/served_models.h"

namespace zoetrope::serving {

struct ApiSettings {
  DataFolder data;
  std::vector<std::string> keys = {};     // any of them lets a client in; none: everybody who calls this machine by its own name
  int64_t max_queue = 100;                // jobs that may wait
  int64_t max_pixels = int64_t{1} << 23;  // of a frame that is made
  double max_seconds = 600;               // of a clip that is made, and of a video that is uploaded
  int64_t max_streams = 256;              // of events, at a time
  int64_t quota = 0;                      // bytes of clips and uploads, at which nothing new is taken; 0: no bound
  std::filesystem::path policy = {};      // the file of what is refused (Policy); empty: nothing is
};

/// Server-sent events, as they are sent.
struct EventText {
  std::string text;
  void say(const char* event, const base::Json& data);
};

/// What a client was shown of a job.
struct ShownJob {
  std::string json;
  std::filesystem::file_time_type preview = {};
};

/// The HTTP interface to the jobs of a store: OpenAI's, our own, and what operation needs. Prompts are never logged.
class Api : public http::Service {
 public:
  /// Store and models must outlive it.
  Api(JobStore& store, ServedModels& models, ApiSettings settings);

  Admission admit(http::Request& request) override;
  http::Response answer(http::Request& request) noexcept override;
  http::Response refuse(int status, const std::string& sentence) override;
  void answered(const http::Exchange& exchange) override;

  const std::vector<http::Route>& routes() const { return router_.routes(); }
  /// Looks how much of the disk is used. That may take a while: call it now and then.
  void measure_disk() { used_ = bytes_of(settings_.data); }
  /// From now on it is not ready: new clients go elsewhere.
  void shut_down() { is_closing_ = true; }

 private:
  /// What a request will make.
  struct Planned {
    NewJob job;
    std::vector<std::string> notices;
    base::CostEstimate cost;
    std::optional<text::PromptLength> length = {};  // of the prompt
    generation::Request request;
  };
  using Change = std::function<void(generation::PartialRequest&, const model::Model&)>;

  std::vector<http::Route> video_routes();
  std::vector<http::Route> lora_routes();
  std::vector<http::Route> native_routes();
  std::vector<http::Route> studio_routes();
  std::vector<http::Route> operation_routes();
  std::vector<http::Route> all_routes();

  /// The answer of `act` to what a body asks; its errors are told in the client's words.
  http::Response with_asked(const http::Request& request, const std::function<http::Response(const Asked&)>& act) const;
  /// `like`: a request in its JSON form, whose LoRA files are used where nothing is said of any.
  Planned plan(const Asked& asked, const std::string& kind, const Change& change = {}, const base::Json& like = {});
  std::vector<AskedLora> loras_for(const Asked& asked, const base::Json& like) const;
  Job add(const Planned& planned);
  Job job_of(const http::Request& request) const;
  http::Upload clip_of(const std::string& id) const;
  /// The answer to a request that made a job.
  http::Response made(const Job& job) const;
  /// A file of a job, by the name of an artifact; the preview while it runs.
  http::Response artifact(const Job& job, const std::string& name) const;
  http::Response remix(http::Request& request);
  http::Response list_videos(const http::Request& request) const;
  http::Response make_character(const http::Request& request) const;
  http::Response make_now(http::Request& request);
  http::Response make_images(http::Request& request);
  http::Response events(const Job& job);
  http::Response all_events();
  /// A stream of events: `look` adds what is new since it looked last, and tells whether there can be more. An HttpError (429) where too
  /// many are open.
  http::Response event_stream(std::function<bool(EventText&)> look, std::chrono::milliseconds pause);
  /// Says `job`, the job's JSON form without its request, if that is another than was shown.
  void tell(const Job& job, ShownJob& shown, EventText& events) const;
  /// Whether a job has another preview than was shown.
  bool has_new_preview(const Job& job, ShownJob& shown) const;
  http::Response export_of(const Job& job, const std::string& name) const;
  http::Response carried_request(const http::Upload& upload) const;
  base::Json native_json(const Job& job) const;

  JobStore& store_;
  ServedModels& models_;
  ApiSettings settings_;
  MediaSource media_;
  Policy policy_;
  http::Router router_;
  Metrics metrics_;
  std::atomic<bool> is_closing_ = false;
  std::atomic<int64_t> used_ = 0;  // bytes of the disk
  mutable std::mutex loras_mutex_;
  std::vector<AskedLora> set_loras_;  // by POST /v1/set_lora, for requests that say nothing of any
  std::shared_ptr<std::atomic<int64_t>> streams_ = std::make_shared<std::atomic<int64_t>>(0);
};

/// A file that never changes, for this client alone.
http::Response artifact_file(const std::filesystem::path& file);
/// The priority that is asked for, if any; an InvalidRequest where there is none such.
std::optional<int64_t> priority_of(const Asked& asked);
/// A time, or null.
base::Json optional_time(const std::optional<int64_t>& time);
/// Whether a job has ended.
bool is_final(const Job& job);
/// A job as OpenAI's clients read it.
base::Json video_json(const Job& job);
/// The answer that an error becomes; one of ours that nobody foresaw is logged.
http::Response response_of(const std::exception_ptr& error, const Asked* asked = nullptr);
/// The OpenAPI document of routes. `has_keys`: whether clients need one.
base::Json openapi(const std::vector<http::Route>& routes, bool has_keys);

}  // namespace zoetrope::serving
