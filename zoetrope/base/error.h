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

/// A field of a request or an option has a value that cannot be. `what()` is the field and the sentence, "frames must be ...", as a server
/// says it; the command line puts its flag in place of the field. So the library names no flag.
class InvalidRequest : public UsageError {
 public:
  template <class... Args>
  InvalidRequest(std::string field, fmt::format_string<Args...> sentence, Args&&... args)
      : InvalidRequest(std::move(field), Formatted{fmt::format(sentence, std::forward<Args>(args)...)}) {}

  const std::string& field() const { return field_; }
  const std::string& sentence() const { return sentence_; }

 private:
  struct Formatted {
    std::string text;
  };
  InvalidRequest(std::string field, Formatted sentence)
      : UsageError("{} {}", field, sentence.text), field_(std::move(field)), sentence_(std::move(sentence.text)) {}

  std::string field_, sentence_;
};

/// The work was cancelled from outside (Ctrl-C, a closed connection); nothing is left behind.
class Cancelled : public Error {
 public:
  Cancelled() : Error("cancelled") {}
};

}  // namespace zoetrope::base
