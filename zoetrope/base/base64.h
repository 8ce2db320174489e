#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace zoetrope::base {

/// Bytes as base64 (RFC 4648, section 4), padded.
std::string base64_encoded(std::string_view bytes);
/// The bytes of base64, with or without its padding; nothing if it is none.
std::optional<std::string> base64_decoded(std::string_view text);

}  // namespace zoetrope::base
