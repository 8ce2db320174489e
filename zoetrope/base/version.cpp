#include "zoetrope/base/version.h"

namespace zoetrope::base {
const char* version() { return ZOETROPE_VERSION; }

std::string program_mark() { return R"({"program": "zoetrope )" ZOETROPE_VERSION "\"}"; }
}  // namespace zoetrope::base
