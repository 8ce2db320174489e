#include "zoetrope/serving/metrics.h"

#include <fmt/format.h>

namespace zoetrope::serving {

void Metrics::count(const http::Exchange& exchange) {
  const std::string route(exchange.request.route.empty() ? "none" : exchange.request.route);
  const std::string method = exchange.request.route.empty() ? "any" : exchange.request.method;  // so that clients invent no labels
  std::lock_guard lock(mutex_);
  Total& total = answers_[{method, route, exchange.status}];
  ++total.count, total.bytes += exchange.bytes, total.seconds += exchange.seconds;
}

std::string Metrics::text(JobStore& store, int64_t disk) {
  const JobCounts jobs = store.counts();
  std::string text = "# HELP zoetrope_jobs Jobs by status.\n# TYPE zoetrope_jobs gauge\n";
  for (auto [status, count] :
       {std::pair("queued", jobs.queued), std::pair("in_progress", jobs.in_progress), std::pair("completed", jobs.completed),
        std::pair("failed", jobs.failed), std::pair("cancelled", jobs.cancelled)})
    text += fmt::format("zoetrope_jobs{{status=\"{}\"}} {}\n", status, count);
  text += fmt::format(
      "# HELP zoetrope_oldest_wait_seconds How long the oldest queued job has waited.\n# TYPE zoetrope_oldest_wait_seconds gauge\n"
      "zoetrope_oldest_wait_seconds {}\n",
      jobs.oldest_wait);
  text += fmt::format("# HELP zoetrope_disk_bytes Bytes of clips and uploads.\n# TYPE zoetrope_disk_bytes gauge\nzoetrope_disk_bytes {}\n",
                      disk);
  constexpr int64_t recent = 50;
  std::map<std::string, std::pair<double, double>> steps;  // seconds and steps of recent jobs by model
  for (const Job& job : store.list("", recent, /*newest_first=*/true).jobs)
    if (job.status == Status::completed && job.started_at && job.completed_at && job.request.contains("steps")) {
      auto& [seconds, count] = steps[job.model];
      seconds += static_cast<double>(*job.completed_at - *job.started_at), count += job.request["steps"].get<double>();
    }
  text +=
      "# HELP zoetrope_seconds_per_step Seconds of work for a step of sampling, of the last jobs.\n# TYPE zoetrope_seconds_per_step "
      "gauge\n";
  for (const auto& [model, total] : steps)
    if (total.second > 0 && model.find_first_of("\"\\\n") == model.npos)
      text += fmt::format("zoetrope_seconds_per_step{{model=\"{}\"}} {}\n", model, total.first / total.second);
  std::lock_guard lock(mutex_);
  std::string seconds =
      "# HELP zoetrope_http_seconds_total Seconds from the head of a request to the end of its answer.\n# TYPE zoetrope_http_seconds_total "
      "counter\n";
  std::string bytes = "# HELP zoetrope_http_bytes_total Bytes of the answers' bodies.\n# TYPE zoetrope_http_bytes_total counter\n";
  text += "# HELP zoetrope_http_answers_total Answers.\n# TYPE zoetrope_http_answers_total counter\n";
  for (const auto& [key, total] : answers_) {
    const std::string labels =
        fmt::format("method=\"{}\",route=\"{}\",status=\"{}\"", std::get<0>(key), std::get<1>(key), std::get<2>(key));
    text += fmt::format("zoetrope_http_answers_total{{{}}} {}\n", labels, total.count);
    seconds += fmt::format("zoetrope_http_seconds_total{{{}}} {}\n", labels, total.seconds);
    bytes += fmt::format("zoetrope_http_bytes_total{{{}}} {}\n", labels, total.bytes);
  }
  return text + seconds + bytes;
}

}  // namespace zoetrope::serving
