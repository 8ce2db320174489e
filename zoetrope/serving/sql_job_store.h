#pragma once
#include <chrono>
#include <mutex>

#include "zoetrope/serving/database.h"
#include "zoetrope/serving/job_store.h"

namespace zoetrope::serving {

/// How a store behaves.
struct StoreSettings {
  double time_to_live = 0;         // seconds after its end when a job's artifacts go; 0 for never
  double loaded_preference = 120;  // a job of the model that a worker has loaded counts as made so many seconds earlier than it was
  double patience = 15;            // seconds for which a database that is away is tried again
};

/// The table of jobs in an SQL database. Two connections, so that readers do not wait for the disk.
class SqlJobStore : public JobStore {
 public:
  /// Makes the tables if they are missing. `connect` opens a connection.
  SqlJobStore(const std::function<std::unique_ptr<Database>()>& connect, const StoreSettings& settings);

  Job add(const NewJob& job, int64_t max_queue) override;
  std::optional<Job> find(const std::string& id) override;
  Page list(const std::string& after, int64_t limit, bool newest_first) override;
  int64_t position(const Job& job) override;
  void set_priority(const std::string& id, int64_t priority) override;
  double seconds_before(const Job& job) override;
  std::vector<Job> unfinished() override;
  std::optional<Job> cancel(const std::string& id) override;
  bool remove(const std::string& id) override;
  std::optional<Job> lease(const WorkerState& worker, double seconds) override;
  Order report(const Job& leased, const Report& report, double seconds) override;
  bool complete(const Job& leased, const base::Json& artifacts) override;
  bool fail(const Job& leased, const Failure& failure) override;
  bool finish_cancelled(const Job& leased) override;
  bool give_back(const Job& leased) override;
  std::vector<std::string> sweep(int64_t max_attempts) override;
  void forget(const std::string& id) override;
  JobCounts counts() override;

 private:
  struct Connection {
    std::mutex mutex;
    std::unique_ptr<Database> database;
  };
  using Steady = std::chrono::steady_clock;

  template <class Work>
  auto patiently(Connection& connection, Work work);
  template <class Work>
  auto read(Work work);
  template <class Work>
  auto transact(Work work);
  bool end(const Job& leased, std::string_view status, const std::string& changes, std::vector<Value> values = {});
  void allow_for_clock_jumps(Database& database);

  StoreSettings settings_;
  Connection reader_, writer_;
  std::string pick_;                                                 // of the database
  std::optional<std::pair<double, Steady::time_point>> last_sweep_;  // by the database's clock and by one that never jumps
};

}  // namespace zoetrope::serving
