#pragma once
#include <string>

namespace zoetrope::base {

/// A file that must go when the program is ended before it is finished. What is beyond 64 files at a time is not remembered.
class Unfinished {
 public:
  explicit Unfinished(const std::string& path);
  ~Unfinished();
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;

  /// Removes the files of all that are alive. Calls nothing that a signal handler may not call.
  static void remove_all();

 private:
  int place_;  // in the list; negative: it is full
};

}  // namespace zoetrope::base
