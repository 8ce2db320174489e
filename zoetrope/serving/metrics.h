#pragma once
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "zoetrope/serving/http/message.h"
#include "zoetrope/serving/job_store.h"

namespace zoetrope::serving {

/// Counts what a server answers, and writes it with the state of the queue as Prometheus reads it (text format 0.0.4).
class Metrics {
 public:
  void count(const http::Exchange& exchange);
  /// `disk`: bytes of clips and uploads.
  std::string text(JobStore& store, int64_t disk);

 private:
  struct Total {
    int64_t count = 0, bytes = 0;
    double seconds = 0;
  };
  std::mutex mutex_;
  std::map<std::tuple<std::string, std::string, int>, Total> answers_;  // method, pattern of the route, status
};

}  // namespace zoetrope::serving
