#pragma once
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "zoetrope/base/error.h"

namespace zoetrope::serving {

/// NULL, a number, or text.
using Value = std::variant<std::monostate, int64_t, double, std::string>;
using Row = std::vector<Value>;

/// The database is locked by another, or its server is away: later it may work.
class DatabaseUnavailable : public base::Error {
 public:
  using Error::Error;
};

/// A connection to an SQL database, for one thread at a time. Statements are what SQLite and PostgreSQL both understand: BIGINT (0 and 1
/// for booleans), DOUBLE PRECISION, TEXT, RETURNING, ON CONFLICT. In them `$1`, `$2`, ... are values, and `$now` are the seconds since 1970
/// by the clock of the database.
class Database {
 public:
  virtual ~Database() = default;

  /// Runs a statement, which is prepared when it is first seen. Gives the rows that it selects or returns.
  virtual std::vector<Row> execute(const std::string& statement, const std::vector<Value>& values = {}) = 0;
  /// Runs `work` as one transaction: if it throws, nothing has happened.
  virtual void transact(const std::function<void()>& work) = 0;
  /// In a transaction: waits until no other one is under way that called this.
  virtual void be_alone() = 0;
  /// What ends a SELECT of a row that the transaction will change, so that two connections never wait for, or pick, the same one.
  virtual std::string pick() const = 0;
};

}  // namespace zoetrope::serving
