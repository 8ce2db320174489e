#include "zoetrope/serving/job.h"

#include <array>

#include "zoetrope/base/error.h"

namespace zoetrope::serving {
namespace {

constexpr std::array<std::string_view, 5> status_names{"queued", "in_progress", "completed", "failed", "cancelled"};

}  // namespace

std::string_view name_of(Status status) { return status_names[static_cast<size_t>(status)]; }

Status status_of(std::string_view name) {
  for (size_t i = 0; i < status_names.size(); ++i)
    if (status_names[i] == name) return static_cast<Status>(i);
  throw base::Error("'{}' is no status of a job", name);
}

}  // namespace zoetrope::serving
