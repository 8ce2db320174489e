#include "zoetrope/base/unfinished.h"

#include <array>
#include <atomic>
#include <unistd.h>

#include <climits>

namespace zoetrope::base {
namespace {

enum class State { free, filling, there };

struct Entry {
  std::atomic<State> state = State::free;
  std::array<char, PATH_MAX> path = {};
};

std::array<Entry, 64> entries;  // of fixed size and address, since a signal may come at any moment

}  // namespace

Unfinished::Unfinished(const std::string& path) : place_(-1) {
  if (path.size() >= PATH_MAX) return;
  for (size_t i = 0; i < entries.size(); ++i) {
    State expected = State::free;
    if (!entries[i].state.compare_exchange_strong(expected, State::filling)) continue;
    entries[i].path[path.copy(entries[i].path.data(), path.size())] = '\0';
    entries[i].state = State::there;
    place_ = static_cast<int>(i);
    return;
  }
}

Unfinished::~Unfinished() {
  if (place_ >= 0) entries[static_cast<size_t>(place_)].state = State::free;
}

void Unfinished::remove_all() {
  for (Entry& entry : entries)
    if (entry.state == State::there) ::unlink(entry.path.data());
}

}  // namespace zoetrope::base
