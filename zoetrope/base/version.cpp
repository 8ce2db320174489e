#include "zoetrope/base/version.h"

namespace zoetrope::base {
const char* version() { return ZOETROPE_VERSION; }
}  // namespace zoetrope::base
