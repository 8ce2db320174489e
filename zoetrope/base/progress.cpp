#include "zoetrope/base/progress.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string_view>
#include <tuple>
#include <unistd.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/base/memory.h"

namespace zoetrope::base {
namespace {

volatile std::sig_atomic_t signal_seen = 0;

/// Calls only what a handler may call.
void on_signal(int number) {
  if (signal_seen) {
    TemporaryFiles::remove_all();
    std::signal(number, SIG_DFL);
    std::raise(number);
    return;
  }
  signal_seen = 1;
  constexpr std::string_view words = "\nstopping after this step; press again to stop at once\n";
  if (::isatty(STDERR_FILENO)) std::ignore = ::write(STDERR_FILENO, words.data(), words.size());
}

/// Nobody reads any more what the program says. Each further word brings this signal again, so it never ends the program at once.
void on_broken_pipe(int) { signal_seen = 1; }

std::string duration(double seconds) {
  auto s = static_cast<int64_t>(seconds + 0.5);
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{}:{:02} min", s / 60, s % 60);
  return fmt::format("{}:{:02} h", s / 3600, s / 60 % 60);
}

}  // namespace

void Observer::throw_if_cancelled() const {
  if (cancelled()) throw Cancelled();
}

void cancel_on_signals() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGPIPE, on_broken_pipe);
  if (std::signal(SIGHUP, on_signal) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);  // as nohup wants it
}

bool signalled() { return signal_seen != 0; }

TerminalProgress::TerminalProgress(bool quiet, std::chrono::milliseconds pause)
    : quiet_(quiet), terminal_(::isatty(STDERR_FILENO) != 0), pause_(terminal_ ? std::chrono::milliseconds(100) : pause) {}

TerminalProgress::~TerminalProgress() { end_line(); }

void TerminalProgress::end_line() {
  if (line_open_) std::fputc('\n', stderr);
  line_open_ = false;
}

bool TerminalProgress::cancelled() const { return signalled(); }

void TerminalProgress::estimated(const CostEstimate& cost) {
  if (quiet_ || estimate_shown_) return;
  estimate_shown_ = true;
  fmt::print(stderr, "a clip needs about {} of memory beside the weights, and {}\n", format_si(cost.bytes, "B"),
             duration(std::max(1.0, cost.seconds)));
  if (double available = available_memory(); cost.bytes > available)
    fmt::print(stderr, "zoetrope: only {} of memory are free; a smaller size or fewer frames need less\n", format_si(available, "B"));
}

void TerminalProgress::notice(const std::string& text) {
  if (quiet_) return;
  end_line();
  fmt::print(stderr, "{}\n", text);
}

void TerminalProgress::progress(const std::string& stage, int64_t step, int64_t total) {
  if (quiet_) return;
  auto now = Clock::now();
  if (stage != stage_) {
    end_line();
    stage_ = stage;
    start_ = shown_ = now;
    first_ = step;
    if (!terminal_) shown_ -= std::chrono::hours(1);
  }
  if (step < total && now - shown_ < pause_) return;
  shown_ = now;
  double spent = std::chrono::duration<double>(now - start_).count();
  std::string left =
      step > first_ && step < total
          ? fmt::format(", {} left", duration(spent / static_cast<double>(step - first_) * static_cast<double>(total - step)))
          : "";
  std::string line = fmt::format("{} {}/{} {:.0f}%{}", stage, step, total, 100.0 * step / std::max<int64_t>(1, total), left);
  if (terminal_) {
    fmt::print(stderr, "\r\033[K{}", line);
    line_open_ = true;
  } else {
    fmt::print(stderr, "{}\n", line);
  }
  std::fflush(stderr);
}

}  // namespace zoetrope::base
