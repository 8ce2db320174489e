#pragma once
#include <exception>
#include <string>

namespace zoetrope::base {

/// Why something failed: a word for programs, and a sentence for people.
struct Failure {
  std::string code, message;
  std::string field = {};  // of the request, where one is to blame
  bool operator==(const Failure&) const = default;
};

/// What a client is told of an error: invalid_request with the field to blame, out_of_memory, cancelled, or server_error.
Failure failure_of(const std::exception_ptr& error);

}  // namespace zoetrope::base
