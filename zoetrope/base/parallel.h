#pragma once
#include <cstdint>
#include <functional>

namespace zoetrope::base {

/// Runs `work(i)` for i in [0, count) on the threads of the engine's own pool; the first exception is rethrown here.
/// The one parallel loop of the source tree: no other OpenMP pragma and no other pool.
void parallel_for(int64_t count, const std::function<void(int64_t)>& work);

/// From now on the engine computes on `count` threads, instead of one for each core.
void use_threads(int count);

/// From now on the calling thread computes alone, without helpers from the engine's pool: for workers beside a thread that uses them all.
void limit_to_one_thread();

}  // namespace zoetrope::base
