#pragma once
#include <exception>

#include "zoetrope/serving/job.h"

namespace zoetrope::serving {

/// What the client of a job is told of an error that ended it: invalid_request with the field to blame, out_of_memory, or server_error.
Failure failure_of(const std::exception_ptr& error);

}  // namespace zoetrope::serving
