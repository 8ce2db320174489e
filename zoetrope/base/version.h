#pragma once
#include <string>

namespace zoetrope::base {
/// The program's version, as CMakeLists.txt has it: "0.1.0".
const char* version();

// What files carry that this program wrote and that have no request, because they are no clips.

/// {"program": "zoetrope 0.1.0"}, where a request stands otherwise.
std::string program_mark();
/// The first line of a text file in which '#' begins a comment.
inline constexpr char text_mark[] = "# made by zoetrope\n";
/// In the first line of a web page.
inline constexpr char html_mark[] = "<meta name=generator content=zoetrope>";
}  // namespace zoetrope::base
