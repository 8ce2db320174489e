#include "zoetrope/serving/worker.h"

#include <algorithm>
#include <random>
#include <unistd.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/generation/check.h"
#include "zoetrope/generation/clip_files.h"
#include "zoetrope/generation/output_file.h"
#include "zoetrope/generation/resolve.h"
#include "zoetrope/model/list_models.h"
#include "zoetrope/serving/disk.h"
#include "zoetrope/serving/log.h"

namespace zoetrope::serving {
namespace {

namespace fs = std::filesystem;

std::string worker_name() {
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  return fmt::format("{}:{}:{:08x}", host, ::getpid(), std::random_device()());
}

/// The folders of models by name, of those that are named or of all.
std::map<std::string, fs::path> find_models(const std::vector<std::string>& names) {
  std::map<std::string, fs::path> found;
  std::map<std::string, std::string> problems;
  for (const model::ListedModel& m : model::list_models()) {
    if (!fs::is_directory(m.path)) continue;  // a denoiser alone
    if (!m.problem.empty()) problems[m.name] = m.problem;
    if (m.problem.empty() && (names.empty() || std::find(names.begin(), names.end(), m.name) != names.end())) found[m.name] = m.path;
  }
  for (const std::string& name : names)
    if (!found.contains(name))
      throw base::InvalidRequest(
          "models", "names '{}', which {}", name,
          problems.contains(name) ? "cannot be used: " + problems.at(name) : "is not on this machine; `zoetrope models` lists what is");
  if (found.empty()) throw base::UsageError("there is no model on this machine; `zoetrope models` says where they are looked for");
  return found;
}

/// The files in which a job's clip is made.
generation::ClipFiles files_of(const Job& job, const fs::path& folder, double save_every) {
  constexpr double minute = 60;
  if (job.kind == "image") return {.outputs = {folder / "image.png"}, .preview = folder / preview_name};
  const fs::path video = folder / "video.mp4";
  return {.outputs = {video, folder / "spritesheet.jpg"},
          .thumbnail = folder / "thumbnail.jpg",
          .preview = folder / preview_name,
          .saving = {generation::unfinished_path(video), save_every, std::min(minute, save_every)}};
}

/// The names of those files, as a job's artifacts have them.
base::Json artifacts_of(const generation::ClipFiles& files) {
  base::Json artifacts;
  auto add = [&](const fs::path& file) { artifacts[file.stem().string()] = file.filename().string(); };
  for (const fs::path& file : files.outputs) add(file);
  if (!files.thumbnail.empty()) add(files.thumbnail);
  return artifacts;
}

/// Makes the folder of a job, and removes all that an earlier attempt left but `kept`.
void prepare_folder(const fs::path& folder, const fs::path& kept) {
  fs::create_directories(folder);
  std::vector<fs::path> left;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path() != kept) left.push_back(entry.path());
  for (const fs::path& file : left) fs::remove_all(file);
}

/// The unfinished work of an earlier attempt on the same request, if there is any.
std::optional<generation::SavedRun> earlier_work(const fs::path& file, const generation::Request& request, const model::Model& model,
                                                 JobWatch& watch) {
  if (file.empty() || !fs::exists(file)) return std::nullopt;
  std::string reason;
  try {
    generation::SavedRun run = generation::read_saved_run(file);
    reason = generation::saved_run_mismatch(run, file, request, model);
    if (reason.empty()) return run;
  } catch (const base::Error& error) {
    reason = error.what();
  }
  watch.notice(fmt::format("the work of an earlier attempt cannot be gone on with: {}", reason));
  fs::remove(file);
  return std::nullopt;
}

/// The job's request, whose media lie in `uploads`. Names are names, never paths.
generation::Request request_of(const Job& job, const fs::path& uploads) {
  generation::Request request = generation::request_from_json(job.request);
  for (generation::Condition& c : request.conditions)
    for (fs::path* file : {&c.media, &c.mask, &c.latents})
      if (!file->empty()) *file = uploads / file->filename();
  return request;
}

/// A sentence for clients, who learn nothing of this machine's folders.
std::string without_folder(std::string sentence, const fs::path& folder) {
  const std::string prefix = folder.string() + "/";
  for (size_t at; (at = sentence.find(prefix)) != std::string::npos;) sentence.erase(at, prefix.size());
  return sentence;
}

/// Tells the store how a job ended, as often as it takes: the work is done, and must not be lost because a database is away. What the store
/// refuses for good is not tried for ever.
bool tell(const Job& job, const std::function<bool()>& say) {
  constexpr int tries = 60;
  for (int i = 1;; ++i) try {
      return say();
    } catch (const std::exception& error) {
      log("store_away", {{"job", job.id}, {"reason", error.what()}});
      if (i == tries) return false;
      ::sleep(1);
    }
}

}  // namespace

Worker::Worker(JobStore& store, WorkerSettings settings)
    : store_(store), settings_(std::move(settings)), models_(find_models(settings_.models)), state_{worker_name(), {}, ""} {
  for (const auto& [name, folder] : models_) state_.models.push_back(name);
}

/// The model of a job. Other LoRA files make another model of it: its weights are mapped, so to load it anew takes little, and nothing of
/// those before can be left in it.
const model::Model& Worker::load(const Job& job) {
  const std::string& name = job.model;
  model::ModelFiles files(models_.at(name));
  if (const auto asked = generation::model_of(job.request)) settings_.loras.add(*asked, files);
  const std::string loras = key_of(files);
  if (model_ && state_.loaded == name && loaded_loras_ == loras) return *model_;
  model_.reset();  // two may not fit
  state_.loaded.clear();
  model_ = std::make_unique<model::Model>(model::Model::load(files, settings_.placement));
  state_.loaded = name, loaded_loras_ = loras;
  log("loaded", {{"model", name}, {"loras", files.loras.size()}});
  return *model_;
}

base::Json Worker::generate(const Job& job, const generation::Request& asked, JobWatch& watch) {
  const model::Model& model = load(job);
  watch.throw_if_cancelled();
  generation::Request request = asked;
  generation::hash_media(request);
  request.dtype = settings_.placement.dtype == at::kBFloat16 ? "bf16" : "fp32";
  generation::check(request, model);
  if (const auto made_for = generation::model_of(job.request); made_for && made_for->sha256 != model.fingerprint())
    watch.notice("the model has changed since the request was made");
  const fs::path folder = settings_.data.job(job.id);
  generation::ClipFiles files = files_of(job, folder, settings_.save_every);
  files.marks = settings_.marks;
  prepare_folder(folder, files.saving.file);
  const std::optional<generation::SavedRun> begun = earlier_work(files.saving.file, request, model, watch);
  for (const generation::Notice& n : generation::mark_notices(files.outputs.front(), files.marks)) watch.notice(n.text);
  if (begun) log("resume", {{"job", job.id}, {"step", begun->state.steps_done}, {"pass", begun->pass}});
  generation::generate_files(request, model, files, watch, begun ? &*begun : nullptr);
  fs::remove(files.preview);
  return artifacts_of(files);
}

void Worker::make(const Job& job, const std::function<bool()>& shutdown) {
  log("begin", {{"job", job.id}, {"model", job.model}, {"attempt", job.attempts}});
  base::Json artifacts;
  std::optional<Failure> failure;
  Stop stopped = Stop::none;
  try {
    const generation::Request request = request_of(job, settings_.data.uploads());
    JobWatch watch(request.steps, settings_.patience);
    // Nobody can stop a thread that hangs: the process ends, whoever started it starts it again, and the lease runs out meanwhile.
    Heartbeat heartbeat(store_, job, watch, settings_.lease, {shutdown, settings_.grace}, [] {
      base::TemporaryFiles::remove_all();
      std::_Exit(EXIT_FAILURE);
    });
    try {
      artifacts = generate(job, request, watch);
      if (const Stop reason = heartbeat.end(); reason != Stop::shutdown) stopped = reason;  // too late to give it back
    } catch (const base::Cancelled&) {
      stopped = heartbeat.end();
    }
  } catch (...) {
    failure = base::failure_of(std::current_exception());
    failure->message = without_folder(failure->message, settings_.data.root);
  }
  // What is logged as an end was stored, so each job has one.
  auto end = [&](const std::string& event, const std::function<bool()>& say, const base::Json& fields = base::Json::object()) {
    if (!tell(job, say)) return false;
    base::Json all{{"job", job.id}};
    all.update(fields);
    log(event, all);
    return true;
  };
  bool stored = false;
  if (failure)
    stored = end("failed", [&] { return store_.fail(job, *failure); }, {{"code", failure->code}, {"reason", failure->message}});
  else if (stopped == Stop::cancelled)
    stored = end("cancelled", [&] { return store_.finish_cancelled(job); });
  else if (stopped == Stop::shutdown)
    stored = end("given_back", [&] { return store_.give_back(job); });
  else if (stopped == Stop::none)
    stored = end("completed", [&] { return store_.complete(job, artifacts); });
  if (stored) return;
  log("lost", {{"job", job.id}});
  if (!store_.find(job.id)) fs::remove_all(settings_.data.job(job.id));  // it was removed meanwhile
}

bool Worker::work_once(const std::function<bool()>& shutdown) {
  const std::optional<Job> job = store_.lease(state_, settings_.lease);
  if (job) make(*job, shutdown);
  return job.has_value();
}

void Worker::sweep() {
  for (const std::string& id : store_.sweep(settings_.max_attempts)) {
    std::error_code failed;
    fs::remove_all(settings_.data.job(id), failed);
    if (!failed) store_.forget(id);
  }
  const auto now = std::chrono::steady_clock::now();
  if (now < next_upload_sweep_) return;
  const auto pause = std::chrono::duration<double>(std::clamp(settings_.time_to_live / 10, 1.0, 600.0));
  next_upload_sweep_ = now + std::chrono::duration_cast<std::chrono::steady_clock::duration>(pause);
  if (const int64_t removed = sweep_uploads(settings_.data, store_, settings_.time_to_live); removed > 0)
    log("uploads_removed", {{"count", removed}});
}

void Worker::run(const std::function<bool()>& shutdown) {
  constexpr std::chrono::milliseconds least_pause(50), most_pause(500), after_error(1000);
  const auto between_sweeps = std::chrono::duration<double>(std::clamp(settings_.lease / 4, .1, 5.0));
  auto next_sweep = std::chrono::steady_clock::now();
  auto pause = least_pause;
  log("ready", {{"worker", state_.name}, {"models", state_.models}});
  while (!shutdown()) try {
      if (std::chrono::steady_clock::now() >= next_sweep) {
        sweep();
        next_sweep = std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(between_sweeps);
      }
      pause = work_once(shutdown) ? least_pause : std::min(most_pause, 2 * pause);
      if (pause > least_pause) std::this_thread::sleep_for(pause);
    } catch (const std::exception& error) {  // of the store, or the disk
      log("store_away", {{"reason", error.what()}});
      std::this_thread::sleep_for(after_error);
    }
  log("end", {{"worker", state_.name}});
}

}  // namespace zoetrope::serving
