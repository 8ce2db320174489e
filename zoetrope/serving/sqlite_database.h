#pragma once
#include <filesystem>

#include "zoetrope/serving/database.h"

namespace zoetrope::serving {

/// Seconds since 1970.
using Clock = std::function<double()>;
double system_seconds();

/// An SQLite file, which is made if missing: in WAL mode, so that readers and the writer do not wait for each other, and each transaction
/// is on disk when it ends. Connections of several threads and processes may be open at once, on one machine: WAL does not work on
/// network file systems. `clock` is the clock of the database.
std::unique_ptr<Database> open_sqlite(const std::filesystem::path& file, Clock clock = system_seconds);

}  // namespace zoetrope::serving
