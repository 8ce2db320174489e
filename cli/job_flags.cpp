#include "cli/job_flags.h"

#include "cli/flags.h"

namespace zoetrope::cli {

serving::DataFolder JobFlags::folder() const {
  return data.empty() ? serving::default_data_folder() : serving::DataFolder{std::filesystem::absolute(data)};
}

std::string JobFlags::table() const { return jobs.empty() ? folder().database().string() : jobs; }

void add_job_flags(CLI::App* command, JobFlags& flags) {
  command
      ->add_option("--jobs", flags.jobs,
                   "the table of jobs: an SQLite file, or postgresql://...; jobs.sqlite in the --data folder if not given")
      ->type_name("FILE|URL");
  command
      ->add_option("--data", flags.data,
                   "the folder of clips, uploads and jobs, shared by server and workers; ~/.local/share/zoetrope if not given")
      ->type_name("FOLDER");
  command->add_option("--time-to-live", flags.time_to_live, "how long finished clips are kept; 0 for ever")
      ->check(check_not_negative)
      ->type_name("SECONDS")
      ->capture_default_str();
}

}  // namespace zoetrope::cli
