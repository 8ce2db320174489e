#pragma once

namespace zoetrope::base {
/// The program's version, as CMakeLists.txt has it: "0.1.0".
const char* version();
}  // namespace zoetrope::base
