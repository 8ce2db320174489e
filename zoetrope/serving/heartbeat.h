#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "zoetrope/serving/job_watch.h"

namespace zoetrope::serving {

/// Why a job is stopped before its end.
enum class Stop { none, cancelled, lost, shutdown };

/// How a worker shuts down.
struct Shutdown {
  std::function<bool()> wanted;  // asked again and again
  double grace = 10;             // seconds that a running job has to end
};

/// A thread that reports on a running job and so keeps its lease, and stops the job when it is told to. When the job hangs, the reports
/// end, so that the lease runs out, and `on_hang` is called from the thread, once.
class Heartbeat {
 public:
  /// All that is given must outlive it. `lease` is in seconds; reports come three times as often, at least once a second.
  Heartbeat(JobStore& store, const Job& job, JobWatch& watch, double lease, const Shutdown& shutdown, std::function<void()> on_hang);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  /// Ends the reports with a last one, and says why the job was stopped, if it was.
  Stop end();

 private:
  void run();
  void report();
  void allow_for_shutdown();
  void stop(Stop reason);

  JobStore& store_;
  const Job& job_;
  JobWatch& watch_;
  double lease_;
  Shutdown shutdown_;
  std::function<void()> on_hang_;
  std::optional<std::chrono::steady_clock::time_point> shutdown_seen_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ended_ = false;
  Stop reason_ = Stop::none;
  std::thread thread_;
};

}  // namespace zoetrope::serving
