#pragma once
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace zoetrope::test {

/// A variable of the environment that has another value as long as this lives.
class Environment {
 public:
  Environment(const char* name, const std::filesystem::path& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~Environment() {
    if (before_)
      ::setenv(name_, before_->c_str(), 1);
    else
      ::unsetenv(name_);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

}  // namespace zoetrope::test
