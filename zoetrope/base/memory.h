#pragma once

namespace zoetrope::base {

/// From now on large tensors lie in huge pages, where the system has them, and each in pages of its own, so that freed ones leave no holes.
/// Call it first: the engine asks once, when it first needs memory. Fresh pages of 4 KiB cost large elementwise operations two thirds of
/// their time, and holes up to half of the memory (docs/benchmarks.md).
void configure_allocator();

/// Bytes of memory and swap that this machine has in all, or the limit of this process (`ulimit -v`) or of its container (its control
/// group, version 1 or 2), whichever is least; infinity where none says.
double total_memory();

/// Bytes that this machine can still give away, as the kernel estimates them, and no more than the limits above.
double available_memory();

}  // namespace zoetrope::base
