#pragma once
#include <stdexcept>
#include <string>

#include <fmt/format.h>

namespace zoetrope::base {

/// Something went wrong: one sentence that names what, the value, and the way out. The program exits with 1.
class Error : public std::runtime_error {
 public:
  template <class... Args>
  explicit Error(fmt::format_string<Args...> sentence, Args&&... args)
      : std::runtime_error(fmt::format(sentence, std::forward<Args>(args)...)) {}
};

/// The user asked for something that cannot be: a wrong flag, size or prompt. The program exits with 2.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// The work was cancelled from outside (Ctrl-C, a closed connection); nothing is left behind.
class Cancelled : public Error {
 public:
  Cancelled() : Error("cancelled") {}
};

}  // namespace zoetrope::base
