#include "zoetrope/serving/sql_job_store.h"

#include <thread>

#include "zoetrope/serving/postgres_database.h"
#include "zoetrope/serving/sqlite_database.h"

namespace zoetrope::serving {
namespace {

constexpr int64_t schema_version = 1;

constexpr const char* make_store_table = "CREATE TABLE IF NOT EXISTS zoetrope_store (version BIGINT NOT NULL, jobs_added BIGINT NOT NULL)";
constexpr const char* make_jobs_table = R"(CREATE TABLE IF NOT EXISTS zoetrope_jobs (
  sequence BIGINT PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  model TEXT NOT NULL,
  request TEXT NOT NULL,
  asked TEXT NOT NULL,
  priority BIGINT NOT NULL,
  forecast DOUBLE PRECISION NOT NULL,
  status TEXT NOT NULL,
  created_at DOUBLE PRECISION NOT NULL,
  started_at DOUBLE PRECISION,
  completed_at DOUBLE PRECISION,
  expires_at DOUBLE PRECISION,
  attempts BIGINT NOT NULL DEFAULT 0,
  lease BIGINT NOT NULL DEFAULT 0,
  lease_seconds DOUBLE PRECISION NOT NULL DEFAULT 0,
  lease_until DOUBLE PRECISION,
  worker TEXT NOT NULL DEFAULT '',
  cancel_wanted BIGINT NOT NULL DEFAULT 0,
  removed BIGINT NOT NULL DEFAULT 0,
  has_folder BIGINT NOT NULL DEFAULT 0,
  progress DOUBLE PRECISION NOT NULL DEFAULT 0,
  seconds_left DOUBLE PRECISION,
  stage TEXT NOT NULL DEFAULT '',
  artifacts TEXT NOT NULL DEFAULT 'null',
  notices TEXT NOT NULL DEFAULT '[]',
  failure_code TEXT,
  failure_message TEXT,
  failure_field TEXT
))";
constexpr const char* make_index = "CREATE INDEX IF NOT EXISTS zoetrope_jobs_status ON zoetrope_jobs (status, priority, sequence)";

constexpr const char* columns =
    "kind, model, request, asked, priority, forecast, id, status, created_at, started_at, completed_at, expires_at, attempts, lease, "
    "worker, "
    "cancel_wanted, progress, seconds_left, stage, artifacts, notices, failure_code, failure_message, failure_field";

// Parts of statements: what a job becomes.
constexpr const char* becomes_queued = "status = 'queued', started_at = NULL, progress = 0, seconds_left = NULL, stage = ''";
constexpr const char* becomes_cancelled =
    "status = 'cancelled', completed_at = $now, seconds_left = NULL, failure_code = 'cancelled', failure_message = 'the job was cancelled'";
constexpr const char* lease_ran_out = "status = 'in_progress' AND lease_until < $now";

bool is_null(const Value& value) { return std::holds_alternative<std::monostate>(value); }
double to_number(const Value& value) {
  if (auto* whole = std::get_if<int64_t>(&value)) return static_cast<double>(*whole);
  return std::get<double>(value);
}
int64_t to_whole(const Value& value) { return static_cast<int64_t>(to_number(value)); }
std::string to_text(const Value& value) { return is_null(value) ? "" : std::get<std::string>(value); }

/// A row of `columns`.
Job read_job(const Row& row) {
  size_t i = 0;
  auto next = [&]() -> const Value& { return row.at(i++); };
  auto time = [&]() -> std::optional<int64_t> {
    const Value& value = next();
    return is_null(value) ? std::nullopt : std::optional(to_whole(value));
  };
  Job job;
  job.kind = to_text(next()), job.model = to_text(next());
  job.request = base::Json::parse(to_text(next())), job.asked = base::Json::parse(to_text(next()));
  job.priority = to_whole(next()), job.forecast = to_number(next());
  job.id = to_text(next()), job.status = status_of(to_text(next()));
  job.created_at = time().value_or(0), job.started_at = time(), job.completed_at = time(), job.expires_at = time();
  job.attempts = to_whole(next()), job.lease = to_whole(next()), job.worker = to_text(next());
  job.cancel_wanted = to_whole(next()) != 0, job.progress = to_number(next());
  if (const Value& left = next(); !is_null(left)) job.seconds_left = to_number(left);
  job.stage = to_text(next()), job.artifacts = base::Json::parse(to_text(next()));
  job.notices = base::Json::parse(to_text(next())).get<std::vector<std::string>>();
  if (Failure failure{to_text(next()), to_text(next()), to_text(next())}; !failure.code.empty()) job.failure = failure;
  return job;
}

std::optional<Job> first_job(const std::vector<Row>& rows) { return rows.empty() ? std::nullopt : std::optional(read_job(rows.front())); }

std::string dump(const base::Json& json) { return json.dump(-1, ' ', false, base::Json::error_handler_t::replace); }

void make_tables(Database& database) {
  database.be_alone();
  database.execute(make_store_table);
  database.execute(make_jobs_table);
  database.execute(make_index);
  const std::vector<Row> found = database.execute("SELECT version FROM zoetrope_store");
  if (found.empty()) database.execute("INSERT INTO zoetrope_store (version, jobs_added) VALUES ($1, 0)", {schema_version});
  if (!found.empty() && to_whole(found[0][0]) != schema_version)
    throw base::UsageError("the table of jobs has version {}, this program knows {}; use the program that made it, or another table",
                           to_whole(found[0][0]), schema_version);
}

}  // namespace

template <class Work>
auto SqlJobStore::patiently(Connection& connection, Work work) {
  constexpr std::chrono::milliseconds pause(200);
  const Steady::time_point begun = Steady::now();
  for (;;) try {
      std::lock_guard lock(connection.mutex);
      return work(*connection.database);
    } catch (const DatabaseUnavailable&) {
      if (std::chrono::duration<double>(Steady::now() - begun).count() > settings_.patience) throw;
      std::this_thread::sleep_for(pause);
    }
}

template <class Work>
auto SqlJobStore::read(Work work) {
  return patiently(reader_, work);
}

template <class Work>
auto SqlJobStore::transact(Work work) {
  return patiently(writer_, [&](Database& database) {
    if constexpr (std::is_void_v<decltype(work(database))>) {
      database.transact([&] { work(database); });
    } else {
      decltype(work(database)) result;
      database.transact([&] { result = work(database); });
      return result;
    }
  });
}

SqlJobStore::SqlJobStore(const std::function<std::unique_ptr<Database>()>& connect, const StoreSettings& settings) : settings_(settings) {
  writer_.database = connect();
  reader_.database = connect();
  pick_ = writer_.database->pick();
  transact([](Database& database) { make_tables(database); });
}

Job SqlJobStore::add(const NewJob& job, int64_t max_queue) {
  static const std::string select = fmt::format("SELECT {} FROM zoetrope_jobs WHERE id = $1", columns);
  static const std::string insert = fmt::format(
      "INSERT INTO zoetrope_jobs (sequence, id, kind, model, request, asked, priority, forecast, status, created_at) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $now) RETURNING {}",
      columns);
  const std::string id = new_id(job.kind);  // the same in each try: one may have succeeded before the connection broke
  return transact([&](Database& database) {
    // One adds at a time, so that numbers are seen in their order, and the queue is no longer than it may be.
    const Value sequence = database.execute("UPDATE zoetrope_store SET jobs_added = jobs_added + 1 RETURNING jobs_added").at(0).at(0);
    if (auto stored = first_job(database.execute(select, {id}))) return *stored;
    const int64_t queued = to_whole(database.execute("SELECT count(*) FROM zoetrope_jobs WHERE status = 'queued'").at(0).at(0));
    if (queued >= max_queue) throw QueueFull("{} jobs wait already, which is the most that may; try again later", queued);
    return read_job(
        database.execute(insert, {sequence, id, job.kind, job.model, dump(job.request), dump(job.asked), job.priority, job.forecast})
            .at(0));
  });
}

std::optional<Job> SqlJobStore::find(const std::string& id) {
  static const std::string select = fmt::format("SELECT {} FROM zoetrope_jobs WHERE id = $1 AND removed = 0", columns);
  return read([&](Database& database) { return first_job(database.execute(select, {id})); });
}

Page SqlJobStore::list(const std::string& after, int64_t limit, bool newest_first) {
  static const std::string select = fmt::format("SELECT {} FROM zoetrope_jobs WHERE removed = 0 AND ", columns),
                           newest = select + "sequence < $1 ORDER BY sequence DESC LIMIT $2",
                           oldest = select + "sequence > $1 ORDER BY sequence LIMIT $2";
  return read([&](Database& database) {
    Value from = newest_first ? std::numeric_limits<int64_t>::max() : int64_t{0};
    if (!after.empty()) {
      const std::vector<Row> found = database.execute("SELECT sequence FROM zoetrope_jobs WHERE id = $1", {after});
      if (found.empty()) throw base::InvalidRequest("after", "must be the id of a job, got '{}'", after);
      from = found[0][0];
    }
    Page page;
    for (const Row& row : database.execute(newest_first ? newest : oldest, {from, limit + 1})) page.jobs.push_back(read_job(row));
    page.has_more = std::ssize(page.jobs) > limit;
    if (page.has_more) page.jobs.pop_back();
    return page;
  });
}

int64_t SqlJobStore::position(const Job& job) {
  return read([&](Database& database) {
    return to_whole(
        database
            .execute("SELECT count(*) FROM zoetrope_jobs AS other, zoetrope_jobs AS own WHERE own.id = $1 AND own.status = 'queued' AND "
                     "other.status = 'queued' AND (other.priority > own.priority OR "
                     "(other.priority = own.priority AND other.sequence < own.sequence))",
                     {job.id})
            .at(0)
            .at(0));
  });
}

double SqlJobStore::seconds_before(const Job& job) {
  return read([&](Database& database) {
    const std::vector<Row> waiting = database.execute(
        "SELECT COALESCE(sum(other.forecast), 0.0) FROM zoetrope_jobs AS other, zoetrope_jobs AS own WHERE own.id = $1 AND "
        "own.status = 'queued' AND other.status = 'queued' AND (other.priority > own.priority OR "
        "(other.priority = own.priority AND other.sequence < own.sequence))",
        {job.id});
    const std::vector<Row> running = database.execute(
        "SELECT count(*), COALESCE(sum(COALESCE(seconds_left, forecast)), 0.0) FROM zoetrope_jobs WHERE status = 'in_progress'");
    const auto workers = static_cast<double>(std::max<int64_t>(1, to_whole(running.at(0).at(0))));
    return (to_number(waiting.at(0).at(0)) + to_number(running.at(0).at(1))) / workers;
  });
}

std::vector<Job> SqlJobStore::unfinished() {
  static const std::string select = fmt::format("SELECT {} FROM zoetrope_jobs WHERE status IN ('queued', 'in_progress')", columns);
  return read([&](Database& database) {
    std::vector<Job> jobs;
    for (const Row& row : database.execute(select)) jobs.push_back(read_job(row));
    return jobs;
  });
}

namespace {

/// Cancels a job that is queued and not wanted.
void cancel_unwanted(Database& database, const std::string& id) {
  static const std::string update =
      fmt::format("UPDATE zoetrope_jobs SET {} WHERE id = $1 AND status = 'queued' AND cancel_wanted = 1", becomes_cancelled);
  database.execute(update, {id});
}

/// Cancels a queued job, and asks for a running one to be.
void want_cancelled(Database& database, const std::string& id) {
  database.execute("UPDATE zoetrope_jobs SET cancel_wanted = 1 WHERE id = $1 AND status IN ('queued', 'in_progress')", {id});
  cancel_unwanted(database, id);
}

}  // namespace

void SqlJobStore::set_priority(const std::string& id, int64_t priority) {
  transact([&](Database& database) {
    database.execute("UPDATE zoetrope_jobs SET priority = $2 WHERE id = $1 AND status = 'queued'", {id, priority});
  });
}

std::optional<Job> SqlJobStore::cancel(const std::string& id) {
  static const std::string select = fmt::format("SELECT {} FROM zoetrope_jobs WHERE id = $1 AND removed = 0", columns);
  return transact([&](Database& database) {
    want_cancelled(database, id);
    return first_job(database.execute(select, {id}));
  });
}

bool SqlJobStore::remove(const std::string& id) {
  return transact([&](Database& database) {
    want_cancelled(database, id);
    return !database.execute("UPDATE zoetrope_jobs SET removed = 1 WHERE id = $1 AND removed = 0 RETURNING id", {id}).empty();
  });
}

std::optional<Job> SqlJobStore::lease(const WorkerState& worker, double seconds) {
  std::vector<Value> values{worker.name, seconds, worker.loaded, settings_.loaded_preference};
  std::string models;
  for (const std::string& model : worker.models) {
    values.emplace_back(model);
    models += fmt::format("{}${}", models.empty() ? " AND model IN (" : ", ", values.size());
  }
  if (!models.empty()) models += ")";
  const std::string update = fmt::format(
      "UPDATE zoetrope_jobs SET status = 'in_progress', started_at = $now, attempts = attempts + 1, lease = lease + 1, worker = $1, "
      "lease_seconds = $2, lease_until = $now + $2, has_folder = 1, notices = '[]' WHERE id = (SELECT id FROM zoetrope_jobs "
      "WHERE status = 'queued'{} ORDER BY priority DESC, created_at - CASE WHEN model = $3 THEN $4 ELSE 0.0 END, sequence LIMIT 1{}) "
      "RETURNING {}",
      models, pick_, columns);
  return transact([&](Database& database) { return first_job(database.execute(update, values)); });
}

Order SqlJobStore::report(const Job& leased, const Report& report, double seconds) {
  return transact([&](Database& database) {
    const std::vector<Row> told = database.execute(
        "UPDATE zoetrope_jobs SET lease_seconds = $3, lease_until = $now + $3, progress = $4, seconds_left = $5, stage = $6, notices = $7 "
        "WHERE id = $1 AND lease = $2 AND status = 'in_progress' RETURNING cancel_wanted",
        {leased.id, leased.lease, seconds, report.progress, report.seconds_left ? Value(*report.seconds_left) : Value(), report.stage,
         dump(report.notices)});
    if (told.empty()) return Order::lost;
    return to_whole(told[0][0]) != 0 ? Order::cancel : Order::go_on;
  });
}

/// Ends an attempt with `changes`, whose values begin at $3. If the connection broke after an earlier try had succeeded, that counts.
bool SqlJobStore::end(const Job& leased, std::string_view status, const std::string& changes, std::vector<Value> values) {
  values.insert(values.begin(), {leased.id, leased.lease});
  const std::string update =
      fmt::format("UPDATE zoetrope_jobs SET {} WHERE id = $1 AND lease = $2 AND status = 'in_progress' RETURNING id", changes);
  return transact([&](Database& database) {
    return !database.execute(update, values).empty() ||
           !database
                .execute("SELECT id FROM zoetrope_jobs WHERE id = $1 AND lease = $2 AND status = $3",
                         {leased.id, leased.lease, std::string(status)})
                .empty();
  });
}

bool SqlJobStore::complete(const Job& leased, const base::Json& artifacts) {
  const std::string changes =
      "status = 'completed', completed_at = $now, expires_at = $now + $4, progress = 1, seconds_left = NULL, artifacts = $3";
  Value time_to_live;
  if (settings_.time_to_live > 0) time_to_live = settings_.time_to_live;
  return end(leased, "completed", changes, {dump(artifacts), time_to_live});
}

bool SqlJobStore::fail(const Job& leased, const Failure& failure) {
  const std::string changes =
      "status = 'failed', completed_at = $now, seconds_left = NULL, failure_code = $3, failure_message = $4, failure_field = $5";
  return end(leased, "failed", changes, {failure.code, failure.message, failure.field});
}

bool SqlJobStore::finish_cancelled(const Job& leased) { return end(leased, "cancelled", becomes_cancelled); }

bool SqlJobStore::give_back(const Job& leased) {
  const bool given = end(leased, "queued", fmt::format("{}, attempts = attempts - 1", becomes_queued));
  if (given) transact([&](Database& database) { cancel_unwanted(database, leased.id); });
  return given;
}

/// A clock that was set forward would end every lease, one that was set back would let dead workers keep theirs.
void SqlJobStore::allow_for_clock_jumps(Database& database) {
  constexpr double jump = 5;  // seconds
  const double now = to_number(database.execute("SELECT CAST($now AS DOUBLE PRECISION)").at(0).at(0));
  const Steady::time_point steady = Steady::now();
  if (last_sweep_ && now - last_sweep_->first > std::chrono::duration<double>(steady - last_sweep_->second).count() + jump)
    database.execute("UPDATE zoetrope_jobs SET lease_until = $now + lease_seconds WHERE status = 'in_progress' AND lease_until < $now");
  last_sweep_ = {now, steady};
  database.execute(
      "UPDATE zoetrope_jobs SET lease_until = $now + lease_seconds WHERE status = 'in_progress' AND lease_until > $now + lease_seconds");
}

std::vector<std::string> SqlJobStore::sweep(int64_t max_attempts) {
  static const std::string
      cancelled = fmt::format("UPDATE zoetrope_jobs SET {} WHERE {} AND cancel_wanted = 1", becomes_cancelled, lease_ran_out),
      failed = fmt::format(
          "UPDATE zoetrope_jobs SET status = 'failed', completed_at = $now, seconds_left = NULL, failure_code = "
          "'worker_lost', failure_message = 'the workers of ' || attempts || ' attempts died or hung; the last one was ' "
          "|| worker WHERE {} AND attempts >= $1",
          lease_ran_out),
      queued = fmt::format("UPDATE zoetrope_jobs SET {} WHERE {}", becomes_queued, lease_ran_out);
  return transact([&](Database& database) {
    allow_for_clock_jumps(database);
    database.execute(cancelled);
    database.execute(failed, {max_attempts});
    database.execute(queued);
    database.execute("DELETE FROM zoetrope_jobs WHERE removed = 1 AND has_folder = 0 AND status IN ('completed', 'failed', 'cancelled')");
    std::vector<std::string> ids;
    for (const Row& row : database.execute("SELECT id FROM zoetrope_jobs WHERE has_folder = 1 AND (status IN ('failed', 'cancelled') OR "
                                           "(status = 'completed' AND (removed = 1 OR expires_at < $now)))"))
      ids.push_back(to_text(row[0]));
    return ids;
  });
}

void SqlJobStore::forget(const std::string& id) {
  transact([&](Database& database) {
    database.execute("UPDATE zoetrope_jobs SET has_folder = 0, artifacts = 'null' WHERE id = $1", {id});
    database.execute("DELETE FROM zoetrope_jobs WHERE id = $1 AND removed = 1", {id});
  });
}

JobCounts SqlJobStore::counts() {
  return read([&](Database& database) {
    JobCounts counts;
    const std::vector<std::pair<std::string_view, int64_t*>> fields{{"queued", &counts.queued},
                                                                    {"in_progress", &counts.in_progress},
                                                                    {"completed", &counts.completed},
                                                                    {"failed", &counts.failed},
                                                                    {"cancelled", &counts.cancelled}};
    for (const Row& row : database.execute("SELECT status, count(*) FROM zoetrope_jobs WHERE removed = 0 GROUP BY status"))
      for (auto [status, count] : fields)
        if (to_text(row[0]) == status) *count = to_whole(row[1]);
    const Value wait = database.execute("SELECT $now - min(created_at) FROM zoetrope_jobs WHERE status = 'queued'").at(0).at(0);
    if (!is_null(wait)) counts.oldest_wait = std::max(0.0, to_number(wait));
    return counts;
  });
}

std::unique_ptr<JobStore> open_job_store(const std::string& url, double time_to_live) {
  auto connect = [&]() -> std::unique_ptr<Database> { return is_postgres_url(url) ? open_postgres(url) : open_sqlite(url); };
  return std::make_unique<SqlJobStore>(connect, StoreSettings{.time_to_live = time_to_live});
}

}  // namespace zoetrope::serving
