#pragma once
#include "zoetrope/serving/database.h"

namespace zoetrope::serving {

/// Whether it begins with postgresql:// or postgres://.
bool is_postgres_url(const std::string& url);

/// A connection to a PostgreSQL server, which is made anew when it broke. `url`: postgresql://USER:PASSWORD@HOST:PORT/DATABASE.
std::unique_ptr<Database> open_postgres(const std::string& url);

}  // namespace zoetrope::serving
