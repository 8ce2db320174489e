#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "zoetrope/generation/request.h"
#include "zoetrope/model/model.h"
#include "zoetrope/provenance/marks.h"
#include "zoetrope/serving/data_folder.h"
#include "zoetrope/serving/heartbeat.h"
#include "zoetrope/serving/loras.h"

namespace zoetrope::serving {

struct WorkerSettings {
  DataFolder data;
  std::vector<std::string> models = {};  // names of `list_models` that it may run; all of this machine if empty
  LoraFolder loras = LoraFolder();       // that jobs may name
  tensor::Placement placement = {};
  double lease = 30;         // seconds after which the job of a dead worker is another's
  double grace = 10;         // seconds that a running job has to end when the worker shuts down
  double save_every = 60;    // seconds after which unfinished work is written to disk
  int64_t max_attempts = 3;  // of a job whose workers die
  double time_to_live = 0;   // seconds that an upload lives which nobody wants; 0: for ever
  Patience patience = {};
  provenance::Marks marks = {};
};

/// Makes the clips of a store's jobs, one after the other, into the jobs' folders. A model stays loaded until a job needs another.
class Worker {
 public:
  /// The store must outlive it. An error if a model of the settings is not on this machine, or none is.
  Worker(JobStore& store, WorkerSettings settings);

  /// Works until `shutdown()` is true: it is asked again and again, also while a job runs, from another thread.
  void run(const std::function<bool()>& shutdown);
  /// Makes the next job, if one waits.
  bool work_once(const std::function<bool()>& shutdown);
  /// Ends leases that ran out, and removes folders that may go.
  void sweep();

 private:
  void make(const Job& job, const std::function<bool()>& shutdown);
  base::Json generate(const Job& job, const generation::Request& request, JobWatch& watch);
  const model::Model& load(const Job& job);

  JobStore& store_;
  WorkerSettings settings_;
  std::map<std::string, std::filesystem::path> models_;  // name -> folder
  WorkerState state_;
  std::chrono::steady_clock::time_point next_upload_sweep_ = {};
  std::unique_ptr<model::Model> model_;  // state_.loaded
  std::string loaded_loras_;             // with which it was loaded
};

}  // namespace zoetrope::serving
