#include "cli/command.h"
#include "cli/flags.h"
#include "cli/job_flags.h"
#include "cli/mark_flags.h"
#include "zoetrope/base/progress.h"
#include "zoetrope/serving/decode/child_decoder.h"
#include "zoetrope/serving/worker.h"

namespace zoetrope::cli {
namespace {

struct WorkOptions {
  JobFlags jobs;
  PlaceFlags place;
  std::string loras;
  serving::WorkerSettings settings;
  MarkFlags marks;
};

void work(WorkOptions& o) {
  serving::WorkerSettings& settings = o.settings;
  settings.data = o.jobs.folder();
  settings.marks = o.marks.with_record_in(settings.data.root);
  settings.placement = o.place.placement();
  settings.time_to_live = o.jobs.time_to_live;
  settings.loras = serving::LoraFolder(o.loras);
  media::set_file_decoder(std::make_shared<serving::ChildDecoder>());
  auto store = o.jobs.open();
  serving::Worker(*store, settings).run(base::signalled);
}

}  // namespace

void add_work(CLI::App& program, const Output&) {
  auto o = std::make_shared<WorkOptions>();
  CLI::App* c = program.add_subcommand("work", "make the clips of waiting jobs, one after the other, until it is stopped");
  add_job_flags(c, o->jobs);
  c->add_option("--models", o->settings.models, "names of the models to run, see `zoetrope models`; all of this machine if not given");
  c->add_option("--loras", o->loras, "the folder of LoRA files that jobs may name, the server's")
      ->type_name("FOLDER")
      ->check(CLI::ExistingDirectory);
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
  add_place_flags(c, o->place);
  o->marks.marks.label = true;  // what others ask for is published
  add_mark_flags(c, o->marks);
  c->footer(
      "What happens is told on stderr, a line of JSON each.\n\n"
      "Examples:\n"
      "  zoetrope work\n"
      "  zoetrope work --jobs postgresql://zoetrope@db/zoetrope --data /shared/zoetrope --models toybox --device cuda:1\n");
  c->callback([o] { work(*o); });
}

}  // namespace zoetrope::cli
