#pragma once
#include <functional>

#include "tests/complaint.h"
#include "zoetrope/base/error.h"
#include "zoetrope/generation/check.h"
#include "zoetrope/generation/generate.h"

namespace zoetrope::test {

/// What a model makes of a request, which is checked first.
inline generation::CollectingSink generated(const generation::Request& request, const model::Model& model) {
  generation::CollectingSink sink;
  base::Observer silent;
  generation::check(request, model);
  generation::generate(request, model, sink, silent);
  return sink;
}

/// How a spoilt request is refused; empty if it is not.
inline std::string refusal(generation::Request request, const model::Model& model, const std::function<void(generation::Request&)>& spoil) {
  spoil(request);
  return complaint<base::UsageError>([&] { generation::check(request, model); });
}

}  // namespace zoetrope::test
