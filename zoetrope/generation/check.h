#pragma once
#include "zoetrope/generation/request.h"
#include "zoetrope/model/model.h"

namespace zoetrope::generation {

/// What a model does where nothing is asked.
Request default_request(const model::Model& model);

/// Refuses a request that the model cannot do with an InvalidRequest that names the field and valid values.
void check(const Request& request, const model::Model& model);

/// The part of a prompt after the model's limit, which is not read; empty if all of it is.
std::string truncated_text(const std::string& prompt, const model::Model& model);
/// How many tokens a prompt has as the model reads it, and how many it reads; nothing where the model counts none.
std::optional<text::PromptLength> prompt_length(const std::string& prompt, const model::Model& model);

}  // namespace zoetrope::generation
