#include "zoetrope/serving/heartbeat.h"

#include <algorithm>
#include <cmath>

#include "zoetrope/base/error.h"
#include "zoetrope/serving/log.h"

namespace zoetrope::serving {

Heartbeat::Heartbeat(JobStore& store, const Job& job, JobWatch& watch, double lease, const Shutdown& shutdown,
                     std::function<void()> on_hang)
    : store_(store), job_(job), watch_(watch), lease_(lease), shutdown_(shutdown), on_hang_(std::move(on_hang)), thread_([this] {
        run();
      }) {}

Heartbeat::~Heartbeat() { end(); }

Stop Heartbeat::end() {
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
  }
  wake_.notify_all();
  if (!thread_.joinable()) return reason_;
  thread_.join();
  if (reason_ == Stop::none) report();  // the last notices, and a late wish to cancel
  return reason_;
}

void Heartbeat::stop(Stop reason) {
  if (reason_ == Stop::none) reason_ = reason;
  watch_.stop();
}

void Heartbeat::run() {
  constexpr double reports_per_lease = 3, look_again = .2;  // seconds, for a shutdown
  const std::chrono::duration<double> between(std::min(1.0, lease_ / reports_per_lease));
  std::chrono::steady_clock::time_point next = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);  // the first is early
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::duration<double>(std::min(look_again, between.count())), [this] { return ended_; })) {
    lock.unlock();
    if (watch_.hangs()) {
      log("hang", {{"job", job_.id}, {"stage", watch_.report().stage}, {"progress", watch_.report().progress}});
      return on_hang_();
    }
    allow_for_shutdown();
    if (std::chrono::steady_clock::now() >= next) {
      report();
      next = std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(between);
    }
    lock.lock();
  }
}

void Heartbeat::report() {
  try {
    const Order order = store_.report(job_, watch_.report(), lease_);
    if (order == Order::cancel) stop(Stop::cancelled);
    if (order == Order::lost) stop(Stop::lost);
  } catch (const std::exception& error) {  // the job goes on, and the store may come back
    log("store_away", {{"job", job_.id}, {"reason", error.what()}});
  }
}

void Heartbeat::allow_for_shutdown() {
  if (!shutdown_.wanted()) return;
  const auto now = std::chrono::steady_clock::now();
  if (!shutdown_seen_) shutdown_seen_ = now;
  const double grace_left = shutdown_.grace - std::chrono::duration<double>(now - *shutdown_seen_).count();
  if (watch_.report().seconds_left.value_or(HUGE_VAL) > grace_left || grace_left <= 0) stop(Stop::shutdown);
}

}  // namespace zoetrope::serving
