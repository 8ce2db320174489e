#pragma once
#include <memory>
#include <string>
#include <vector>

#include "zoetrope/base/error.h"
#include "zoetrope/serving/job.h"

namespace zoetrope::serving {

/// The queue is as long as it may become.
class QueueFull : public base::Error {
 public:
  using Error::Error;
};

/// What a worker says when it asks for work.
struct WorkerState {
  std::string name;                      // host, process and a random part
  std::vector<std::string> models = {};  // that it may run; all if empty
  std::string loaded = {};               // the model that it has in memory, preferred within a bound of fairness
};

/// What a worker tells of its job, and what it is told.
struct Report {
  double progress = 0;
  std::optional<double> seconds_left = {};
  std::string stage = {};
  std::vector<std::string> notices = {};
};
enum class Order { go_on, cancel, lost };  // lost: the lease has ended, and another one may have the job

struct JobCounts {
  int64_t queued = 0, in_progress = 0, completed = 0, failed = 0, cancelled = 0;
  double oldest_wait = 0;  // seconds that the oldest queued job has waited
};

struct Page {
  std::vector<Job> jobs;
  bool has_more = false;
};

/// The table of jobs, which outlives every process. All methods may be called from several threads and processes; each is one transaction.
/// Times are those of the store's clock.
class JobStore {
 public:
  virtual ~JobStore() = default;

  /// Stores a job. Refuses with `QueueFull` when `max_queue` jobs wait already.
  virtual Job add(const NewJob& job, int64_t max_queue) = 0;
  virtual std::optional<Job> find(const std::string& id) = 0;
  /// Jobs by the time when they were made; `after`: the id that the page before ended with, or empty. An InvalidRequest if it is unknown.
  virtual Page list(const std::string& after, int64_t limit, bool newest_first) = 0;
  /// How many queued jobs come before this one.
  virtual int64_t position(const Job& job) = 0;
  /// Moves a queued job: larger ones come first. Others stay as they are.
  virtual void set_priority(const std::string& id, int64_t priority) = 0;
  /// Seconds until a queued job begins, by the forecasts of those before it and what is left of those that are made, if as many workers go
  /// on as are at work.
  virtual double seconds_before(const Job& job) = 0;
  /// All that are queued or in progress.
  virtual std::vector<Job> unfinished() = 0;
  /// A queued job is cancelled at once, a running one as soon as its worker hears of it. Final ones stay. The job as it is then.
  virtual std::optional<Job> cancel(const std::string& id) = 0;
  /// Forgets a job; a running one is cancelled first and goes when its worker has let go.
  virtual bool remove(const std::string& id) = 0;

  /// The next job for a worker, with a lease of `seconds`.
  virtual std::optional<Job> lease(const WorkerState& worker, double seconds) = 0;
  /// Prolongs the lease of an attempt and keeps what is told of it.
  virtual Order report(const Job& leased, const Report& report, double seconds) = 0;
  /// Ends an attempt. False if the lease was lost: then nothing is stored.
  virtual bool complete(const Job& leased, const base::Json& artifacts) = 0;
  virtual bool fail(const Job& leased, const Failure& failure) = 0;
  virtual bool finish_cancelled(const Job& leased) = 0;
  /// Gives a job back that was begun, as if it had not been: the worker shuts down.
  virtual bool give_back(const Job& leased) = 0;

  /// Ends leases that ran out: such a job is queued again, or fails after `max_attempts`. Returns the jobs whose folders may go: those that
  /// failed, were cancelled or removed, or whose time to live is over. `forget` each when its folder is gone.
  virtual std::vector<std::string> sweep(int64_t max_attempts) = 0;
  /// The folder of a job is gone: so are its artifacts, and the job itself if it was removed.
  virtual void forget(const std::string& id) = 0;
  virtual JobCounts counts() = 0;
};

/// The store at a place: the path of an SQLite file, which is made if missing, or postgresql://...; an error says what is wrong with it.
/// `time_to_live`: seconds after its end when the artifacts of a job go that this store completes (a worker's does); 0 for never.
std::unique_ptr<JobStore> open_job_store(const std::string& url, double time_to_live = 0);

}  // namespace zoetrope::serving
