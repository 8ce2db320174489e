#pragma once
#include <string>
#include <string_view>

namespace zoetrope::text {

/// Cleans a prompt as Wan's pipeline in diffusers does before it tokenises: HTML references are resolved, ligatures and full- or
/// half-width forms become plain letters, curly quotes straight ones, control characters and terminal escapes go, the rest is composed
/// (Unicode NFC), and each run of white space becomes one space. Unlike there, text that was once decoded with the wrong encoding is
/// not repaired. Prompts that are too long or not UTF-8 are a `UsageError`.
std::string clean(std::string_view prompt);

/// The longest prompt that is read, in bytes; encoders cut at a few hundred tokens anyway.
inline constexpr size_t longest_prompt = size_t{1} << 16;

/// Refuses prompts that are too long or are not UTF-8 with a `UsageError`.
void check_prompt(std::string_view prompt);

}  // namespace zoetrope::text
