#pragma once
#include <chrono>
#include <string>
#include <sys/types.h>
#include <vector>

namespace zoetrope::serving {

/// A program of ours that is started, watched, and started again when it ends: at once if it has run for a while, else after a pause that
/// grows to half a minute. Use it from one thread, which must live as long as it: the child is told to end when that thread ends.
class WorkerProcess {
 public:
  /// `command`: the program and its words.
  explicit WorkerProcess(std::vector<std::string> command);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  /// Starts it if it should run and does not. Call it again and again.
  void watch();
  /// Asks it to end (SIGTERM), and ends it after `grace`.
  void stop(std::chrono::milliseconds grace);
  bool is_running() const { return process_ > 0; }

 private:
  using Clock = std::chrono::steady_clock;
  void start();

  std::vector<std::string> command_;
  pid_t process_ = 0;
  Clock::time_point started_, next_;  // when it was started, and may be again
  std::chrono::milliseconds pause_;
};

}  // namespace zoetrope::serving
