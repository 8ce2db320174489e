#pragma once
#include <string>
#include <vector>

#include "zoetrope/generation/request.h"
#include "zoetrope/model/model.h"

namespace zoetrope::generation {

/// Sentences on what a model does not know of a checked request, which it makes all the same: words that were in none of its captions, more
/// things than it has seen at once, a size, length or rate that is not its own.
std::vector<std::string> limits(const Request& request, const model::Model& model);

}  // namespace zoetrope::generation
