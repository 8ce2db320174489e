#pragma once
#include <memory>

#include "cli/command.h"
#include "zoetrope/serving/data_folder.h"
#include "zoetrope/serving/job_store.h"

namespace zoetrope::cli {

/// Where a server and its workers meet, as the flags of both say.
struct JobFlags {
  std::string jobs, data;
  double time_to_live = 0;

  serving::DataFolder folder() const;
  /// The table of jobs: an SQLite file or a URL.
  std::string table() const;
  std::unique_ptr<serving::JobStore> open() const { return serving::open_job_store(table(), time_to_live); }
};

/// Gives a command the flags --jobs, --data and --time-to-live.
void add_job_flags(CLI::App* command, JobFlags& flags);

}  // namespace zoetrope::cli
