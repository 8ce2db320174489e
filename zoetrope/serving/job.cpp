#include "zoetrope/serving/job.h"

#include <array>
#include <random>

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

std::string new_id(std::string_view kind) {
  std::random_device random;
  std::string id = fmt::format("{}_", kind);
  for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", random());
  return id;
}

bool is_id(std::string_view text, std::string_view kind) {
  constexpr size_t digits = 32;
  return text.size() == kind.size() + 1 + digits && text.starts_with(kind) && text[kind.size()] == '_' &&
         text.find_first_not_of("0123456789abcdef", kind.size() + 1) == text.npos;
}

}  // namespace zoetrope::serving
