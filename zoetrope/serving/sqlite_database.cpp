#include "zoetrope/serving/sqlite_database.h"

#include <chrono>
#include <sqlite3.h>
#include <unordered_map>

namespace zoetrope::serving {
namespace {

constexpr int busy_milliseconds = 10'000;  // for which another writer is waited for

using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

class SqliteDatabase : public Database {
 public:
  SqliteDatabase(std::filesystem::path file, Clock clock) : file_(std::move(file)), clock_(std::move(clock)) {
    if (file_.has_parent_path()) {
      std::error_code failed;
      std::filesystem::create_directories(file_.parent_path(), failed);
      if (failed) throw base::Error("'{}' cannot be made for the jobs: {}", file_.parent_path().string(), failed.message());
    }
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(file_.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    connection_.reset(opened);
    check(code);
    sqlite3_busy_timeout(opened, busy_milliseconds);
    execute("PRAGMA journal_mode = WAL");
    execute("PRAGMA synchronous = FULL");
  }

  std::vector<Row> execute(const std::string& statement, const std::vector<Value>& values) override {
    sqlite3_stmt* s = prepared(statement);
    struct Reset {
      sqlite3_stmt* s;
      ~Reset() { sqlite3_reset(s), sqlite3_clear_bindings(s); }
    } reset{s};
    bind(s, values);
    std::vector<Row> rows;
    for (int code; (code = sqlite3_step(s)) != SQLITE_DONE;) {
      if (code != SQLITE_ROW) check(code);
      Row& row = rows.emplace_back();
      for (int i = 0; i < sqlite3_column_count(s); ++i) row.push_back(column(s, i));
    }
    return rows;
  }

  void transact(const std::function<void()>& work) override {
    execute("BEGIN IMMEDIATE", {});  // the lock of the writer, which no other transaction has then
    try {
      work();
      execute("COMMIT", {});
    } catch (...) {
      if (!sqlite3_get_autocommit(connection_.get())) execute("ROLLBACK", {});  // a full disk has ended it already
      throw;
    }
  }

  void be_alone() override {}  // every transaction is
  std::string pick() const override { return ""; }

 private:
  void execute(const std::string& statement) { execute(statement, {}); }

  void check(int code) const {
    const int kind = code & 0xff;  // without the details
    if (code == SQLITE_OK) return;
    if (kind == SQLITE_BUSY || kind == SQLITE_LOCKED)
      throw DatabaseUnavailable("'{}' has been locked by another program for {} s", file_.string(), busy_milliseconds / 1000);
    if (kind == SQLITE_FULL) throw base::Error("'{}' cannot be written to: the disk is full", file_.string());
    if (kind == SQLITE_NOTADB) throw base::UsageError("'{}' is not a table of jobs; name another file", file_.string());
    throw base::Error("'{}' cannot be used for jobs: {}", file_.string(), sqlite3_errmsg(connection_.get()));
  }

  sqlite3_stmt* prepared(const std::string& statement) {
    auto found = statements_.find(statement);
    if (found == statements_.end()) {
      sqlite3_stmt* s = nullptr;
      check(sqlite3_prepare_v2(connection_.get(), statement.c_str(), -1, &s, nullptr));
      found = statements_.emplace(statement, Statement(s, sqlite3_finalize)).first;
    }
    return found->second.get();
  }

  void bind(sqlite3_stmt* s, const std::vector<Value>& values) const {
    if (int now = sqlite3_bind_parameter_index(s, "$now"); now > 0) check(sqlite3_bind_double(s, now, clock_()));
    for (size_t i = 0; i < values.size(); ++i) {
      const int index = sqlite3_bind_parameter_index(s, fmt::format("${}", i + 1).c_str());
      if (auto* number = std::get_if<int64_t>(&values[i])) check(sqlite3_bind_int64(s, index, *number));
      if (auto* number = std::get_if<double>(&values[i])) check(sqlite3_bind_double(s, index, *number));
      if (auto* text = std::get_if<std::string>(&values[i]))
        check(sqlite3_bind_text(s, index, text->data(), static_cast<int>(text->size()), SQLITE_TRANSIENT));
    }
  }

  static Value column(sqlite3_stmt* s, int i) {
    switch (sqlite3_column_type(s, i)) {
      case SQLITE_NULL:
        return {};
      case SQLITE_INTEGER:
        return int64_t{sqlite3_column_int64(s, i)};
      case SQLITE_FLOAT:
        return sqlite3_column_double(s, i);
      default: {
        const char* text = reinterpret_cast<const char*>(sqlite3_column_text(s, i));
        return std::string(text, static_cast<size_t>(sqlite3_column_bytes(s, i)));
      }
    }
  }

  std::filesystem::path file_;
  Clock clock_;
  std::unique_ptr<sqlite3, decltype(&sqlite3_close)> connection_{nullptr, sqlite3_close};
  std::unordered_map<std::string, Statement> statements_;
};

}  // namespace

double system_seconds() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

std::unique_ptr<Database> open_sqlite(const std::filesystem::path& file, Clock clock) {
  return std::make_unique<SqliteDatabase>(file, std::move(clock));
}

}  // namespace zoetrope::serving
