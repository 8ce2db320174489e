#pragma once
#include <string>
#include <string_view>

namespace zoetrope::text {

/// Cleans a prompt as Wan's pipeline in diffusers does before it tokenises: HTML references are resolved, ligatures and full- or
/// half-width forms become plain letters, curly quotes straight ones, control characters and terminal escapes go, the rest is composed
/// (Unicode NFC), and each run of white space becomes one space. Unlike there, text that was once decoded with the wrong encoding is
/// not repaired. Prompts that are too long or not UTF-8 are a `UsageError`.
std::string clean(std::string_view prompt);

}  // namespace zoetrope::text
