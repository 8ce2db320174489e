#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace zoetrope::text {

/// The words of a text in small letters: runs of letters and digits with the marks on them, and of Chinese, which has no spaces, each
/// character. What stands between them is left out.
std::vector<std::string> words_of(std::string_view text);

}  // namespace zoetrope::text
