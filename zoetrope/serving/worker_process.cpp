#include "zoetrope/serving/worker_process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "zoetrope/base/error.h"
#include "zoetrope/serving/log.h"

namespace zoetrope::serving {
namespace {

constexpr std::chrono::milliseconds first_pause(500), longest_pause(30'000);
constexpr std::chrono::seconds a_while(60);

/// How a process ended, in words.
std::string ending(int status) {
  return WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status)) : fmt::format("exit code {}", WEXITSTATUS(status));
}

}  // namespace

WorkerProcess::WorkerProcess(std::vector<std::string> command) : command_(std::move(command)), next_(Clock::now()), pause_(first_pause) {}

WorkerProcess::~WorkerProcess() { stop(std::chrono::milliseconds(0)); }

void WorkerProcess::start() {
  std::vector<char*> words;
  for (std::string& word : command_) words.push_back(word.data());
  words.push_back(nullptr);
  const pid_t parent = ::getpid(), child = ::fork();
  if (child < 0) throw base::Error("a worker cannot be started: {}", std::strerror(errno));
  if (child == 0) {   // calls nothing here that a signal handler may not call
    ::setpgid(0, 0);  // Ctrl-C is for the server, which tells the worker
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(EXIT_FAILURE);  // it died before that
    for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_DFL);
    ::execv("/proc/self/exe", words.data());
    ::_exit(EXIT_FAILURE);
  }
  process_ = child, started_ = Clock::now();
  log("worker_started", {{"process", child}});
}

void WorkerProcess::watch() {
  int status = 0;
  if (process_ > 0 && ::waitpid(process_, &status, WNOHANG) == process_) {
    log("worker_ended", {{"process", process_}, {"how", ending(status)}});
    process_ = 0;
    pause_ = Clock::now() - started_ > a_while ? first_pause : std::min(longest_pause, 2 * pause_);
    next_ = Clock::now() + pause_;
  }
  if (process_ == 0 && Clock::now() >= next_) start();
}

void WorkerProcess::stop(std::chrono::milliseconds grace) {
  if (process_ == 0) return;
  constexpr std::chrono::milliseconds look(20);
  ::kill(process_, SIGTERM);
  int status = 0;
  for (const Clock::time_point end = Clock::now() + grace; ::waitpid(process_, &status, WNOHANG) == 0;) {
    if (Clock::now() >= end) ::kill(process_, SIGKILL);
    std::this_thread::sleep_for(look);
  }
  log("worker_ended", {{"process", process_}, {"how", ending(status)}});
  process_ = 0;
}

}  // namespace zoetrope::serving
