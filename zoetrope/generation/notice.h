#pragma once
#include <string>

namespace zoetrope::generation {

/// What is told of a request before it is generated.
struct Notice {
  std::string text;         // a sentence
  bool is_warning = false;  // whether it tells that the result may not be what is wanted; else what was chosen
};

}  // namespace zoetrope::generation
