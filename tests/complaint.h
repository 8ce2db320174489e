#pragma once
#include <functional>
#include <string>

#include "zoetrope/base/error.h"

namespace zoetrope {

/// What the error says that `act` throws; empty where it throws none. Errors of other kinds go on.
template <class Kind = base::Error>
std::string complaint(const std::function<void()>& act) {
  try {
    act();
  } catch (const Kind& error) {
    return error.what();
  }
  return "";
}

}  // namespace zoetrope
