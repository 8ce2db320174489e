#include "zoetrope/serving/log.h"

#include <chrono>
#include <cstdio>
#include <ctime>

#include <fmt/format.h>

namespace zoetrope::serving {

void log(const std::string& event, const base::Json& fields) {
  using namespace std::chrono;
  const auto now = time_point_cast<milliseconds>(system_clock::now());
  const std::time_t seconds = system_clock::to_time_t(now);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
  base::Json line{{"time", fmt::format("{}.{:03}Z", date, now.time_since_epoch().count() % 1000)}, {"event", event}};
  line.update(fields);
  const std::string text = line.dump(-1, ' ', false, base::Json::error_handler_t::replace) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);  // one write, so that lines of several threads do not mix
}

}  // namespace zoetrope::serving
