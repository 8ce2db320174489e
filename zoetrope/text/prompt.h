#pragma once
#include <string_view>

namespace zoetrope::text {

/// The longest prompt that is read, in bytes; encoders cut at a few hundred tokens anyway.
inline constexpr size_t longest_prompt = size_t{1} << 16;

/// Refuses prompts that are too long or are not UTF-8 with a `UsageError`.
void check_prompt(std::string_view prompt);

}  // namespace zoetrope::text
