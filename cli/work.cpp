#include "cli/command.h"
#include "cli/flags.h"
#include "zoetrope/base/progress.h"
#include "zoetrope/serving/worker.h"

namespace zoetrope::cli {
namespace {

struct WorkOptions {
  std::string jobs, data;  // by default, those of the server
  double time_to_live = 0;
  PlaceFlags place;
  serving::WorkerSettings settings;
};

void work(WorkOptions& o) {
  serving::WorkerSettings& settings = o.settings;
  settings.data = o.data.empty() ? serving::default_data_folder() : serving::DataFolder{o.data};
  settings.placement = o.place.placement();
  auto store = serving::open_job_store(o.jobs.empty() ? settings.data.database().string() : o.jobs, o.time_to_live);
  serving::Worker(*store, settings).run(base::signalled);
}

}  // namespace

void add_work(CLI::App& program, const Output&) {
  auto o = std::make_shared<WorkOptions>();
  CLI::App* c = program.add_subcommand("work", "make the clips of waiting jobs, one after the other, until it is stopped");
  c->add_option("--jobs", o->jobs, "the table of jobs: an SQLite file, or postgresql://...; jobs.sqlite in the --data folder if not given")
      ->type_name("FILE|URL");
  c->add_option("--data", o->data, "the folder of clips and uploads, shared by all; ~/.local/share/zoetrope if not given")
      ->type_name("FOLDER");
  c->add_option("--models", o->settings.models, "names of the models to run, see `zoetrope models`; all of this machine if not given");
  c->add_option("--lease", o->settings.lease, "after so long without a sign of life the job is another worker's")
      ->check(check_positive)
      ->type_name("SECONDS")
      ->capture_default_str();
  c->add_option("--grace", o->settings.grace, "how long a running job may take to end after SIGTERM or Ctrl-C; then it is given back")
      ->check(check_not_negative)
      ->type_name("SECONDS")
      ->capture_default_str();
  c->add_option("--save-every", o->settings.save_every, "after so long unfinished work is written to disk, for the next attempt")
      ->check(check_not_negative)
      ->type_name("SECONDS")
      ->capture_default_str();
  c->add_option("--time-to-live", o->time_to_live, "how long finished clips are kept; 0 for ever")
      ->check(check_not_negative)
      ->type_name("SECONDS")
      ->capture_default_str();
  add_place_flags(c, o->place);
  c->footer(
      "What happens is told on stderr, a line of JSON each.\n\n"
      "Examples:\n"
      "  zoetrope work\n"
      "  zoetrope work --jobs postgresql://zoetrope@db/zoetrope --data /shared/zoetrope --models toybox --device cuda:1\n");
  c->callback([o] { work(*o); });
}

}  // namespace zoetrope::cli
