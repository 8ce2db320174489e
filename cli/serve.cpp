#include <cstdlib>
#include <sstream>
#include <thread>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/job_flags.h"
#include "cli/mark_flags.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/progress.h"
#include "zoetrope/serving/api.h"
#include "zoetrope/serving/decode/child_decoder.h"
#include "zoetrope/serving/http/server.h"
#include "zoetrope/serving/log.h"
#include "zoetrope/serving/worker_process.h"

namespace zoetrope::cli {
namespace {

struct ServeOptions {
  std::string host = "127.0.0.1", key_file, loras;
  JobFlags jobs;
  std::string policy;
  int port = 8000, workers = 1;
  double grace = 10, max_upload = 2, max_megapixels = 8.4, quota = 0;
  std::vector<std::string> models;
  PlaceFlags place;
  MarkFlags marks;
  serving::ApiSettings api;
};

/// The keys in a file, one a line, or in the environment.
std::vector<std::string> read_keys(const std::string& file) {
  const char* given = std::getenv("ZOETROPE_API_KEY");
  std::istringstream stream(file.empty() ? std::string(given == nullptr ? "" : given) : base::read_file(file, size_t{1} << 20));
  std::vector<std::string> keys;
  for (std::string key; stream >> key;) keys.push_back(key);
  if (!file.empty() && keys.empty()) throw base::UsageError("--api-key-file: '{}' has no keys; write one per line", file);
  return keys;
}

/// What begins a worker of this server.
std::vector<std::string> worker_command(const ServeOptions& o) {
  std::vector<std::string> words{"zoetrope",       "work",
                                 "--jobs",         o.jobs.table(),
                                 "--data",         o.api.data.root.string(),
                                 "--grace",        fmt::format("{}", o.grace),
                                 "--time-to-live", fmt::format("{}", o.jobs.time_to_live),
                                 "--device",       o.place.device,
                                 "--dtype",        o.place.dtype};
  if (!o.loras.empty()) words.insert(words.end(), {"--loras", std::filesystem::absolute(o.loras).string()});
  for (const std::string& word : words_of(o.marks)) words.push_back(word);
  if (!o.models.empty()) words.push_back("--models");
  words.insert(words.end(), o.models.begin(), o.models.end());
  return words;
}

void serve(ServeOptions& o) {
  o.api.keys = read_keys(o.key_file);
  const bool is_loopback = o.host == "127.0.0.1" || o.host == "::1";
  if (!is_loopback && o.api.keys.empty())
    throw base::UsageError(
        "--host {} lets others in and needs keys: write one per line into a file for --api-key-file, or into ZOETROPE_API_KEY", o.host);
  o.api.data = o.jobs.folder();
  o.api.policy = o.policy;
  o.api.quota = static_cast<int64_t>(o.quota * 1e9);
  o.api.max_pixels = static_cast<int64_t>(o.max_megapixels * 1e6);
  std::filesystem::create_directories(o.api.data.uploads());
  media::set_file_decoder(std::make_shared<serving::ChildDecoder>());
  auto store = o.jobs.open();
  serving::ServedModels models(o.models, o.place.placement(), serving::LoraFolder(o.loras));
  serving::Api api(*store, models, o.api);
  serving::http::ServerOptions http{.address = o.host, .port = static_cast<uint16_t>(o.port), .uploads = o.api.data.uploads()};
  http.limits.form_bytes = static_cast<int64_t>(o.max_upload * 1e9);
  serving::http::Server server(http, api);
  std::vector<std::unique_ptr<serving::WorkerProcess>> workers;
  for (int i = 0; i < o.workers; ++i) workers.push_back(std::make_unique<serving::WorkerProcess>(worker_command(o)));
  fmt::print("http://{}:{}\n", o.host == "::1" ? "[::1]" : o.host, server.port());
  std::fflush(stdout);
  constexpr std::chrono::milliseconds look(50), between_measures(10'000);
  std::chrono::steady_clock::time_point measured = {};
  while (!base::signalled()) {
    if (std::chrono::steady_clock::now() - measured > between_measures) {
      api.measure_disk();
      measured = std::chrono::steady_clock::now();
    }
    for (auto& worker : workers) worker->watch();
    std::this_thread::sleep_for(look);
  }
  serving::log("closing", {{"grace", o.grace}});
  api.shut_down();
  const std::chrono::milliseconds grace(static_cast<int64_t>(o.grace * 1000));
  std::thread closing([&] { server.stop(grace); });
  for (auto& worker : workers) worker->stop(grace + std::chrono::seconds(5));
  closing.join();
}

}  // namespace

void add_serve(CLI::App& program, const Output&) {
  auto o = std::make_shared<ServeOptions>();
  CLI::App* c = program.add_subcommand("serve", "show the studio page, and answer programs over HTTP: OpenAI's videos API, and our own");
  c->add_option("--port", o->port, "the port; 0 for any that is free")->check(CLI::Range(0, 65535))->capture_default_str();
  c->add_option("--host", o->host, "the address to listen to; others than 127.0.0.1 and ::1 need keys")->capture_default_str();
  c->add_option("--api-key-file", o->key_file, "keys that let clients in, one a line; else those in ZOETROPE_API_KEY")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  add_job_flags(c, o->jobs);
  c->add_option("--models", o->models, "names of the models to offer, the default first; toybox if not given");
  c->add_option("--loras", o->loras, "a folder of LoRA files, which requests name by their file names without .safetensors")
      ->type_name("FOLDER")
      ->check(CLI::ExistingDirectory);
  c->add_option("--policy", o->policy, "words and patterns that prompts are refused for, with the reason that is shown (docs/serving.md)")
      ->type_name("FILE.toml")
      ->check(CLI::ExistingFile);
  c->add_option("--workers", o->workers, "processes that make the clips; 0 if they are started elsewhere by `zoetrope work`")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  c->add_option("--grace", o->grace,
                "how long running answers and jobs may take to end at SIGTERM or Ctrl-C; then jobs go back to the queue")
      ->check(check_not_negative)
      ->type_name("SECONDS")
      ->capture_default_str();
  c->add_option("--max-queue", o->api.max_queue, "jobs that may wait; others are refused (429)")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 30))
      ->capture_default_str();
  c->add_option("--max-seconds", o->api.max_seconds, "length of a clip that is made or uploaded")
      ->check(check_positive)
      ->type_name("SECONDS")
      ->capture_default_str();
  c->add_option("--max-megapixels", o->max_megapixels, "size of a frame that is made")->check(check_positive)->capture_default_str();
  c->add_option("--max-upload", o->max_upload, "size of a form with its files")
      ->check(check_positive)
      ->type_name("GB")
      ->capture_default_str();
  c->add_option("--quota", o->quota, "what clips and uploads may take together; then nothing new is taken (507). 0: no bound")
      ->check(check_not_negative)
      ->type_name("GB")
      ->capture_default_str();
  c->add_option("--max-streams", o->api.max_streams, "streams of events at a time")
      ->check(CLI::Range(int64_t{0}, int64_t{100'000}))
      ->capture_default_str();
  add_place_flags(c, o->place);
  o->marks.marks.label = true;  // what others ask for is published
  add_mark_flags(c, o->marks);
  c->footer(
      "It says its address on stdout and what happens on stderr, a line of JSON each. docs/serving.md has every route.\n\n"
      "Examples:\n"
      "  zoetrope serve\n"
      "  curl localhost:8000/v1/videos -F prompt='a red heart on a beach'\n"
      "  zoetrope serve --host 0.0.0.0 --api-key-file keys.txt --jobs postgresql://zoetrope@db/zoetrope --data /shared/zoetrope --workers "
      "0\n");
  c->callback([o] { serve(*o); });
}

}  // namespace zoetrope::cli
