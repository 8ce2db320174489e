#pragma once
#include <string>

#include "zoetrope/media/clip.h"

namespace zoetrope::cli {

// Values that flags spell in a way of their own. What cannot be read is refused with a sentence that names the flag.

struct Size {
  int64_t width, height;
};

/// "128x96"; Wan's spelling "128*96" as well.
Size parse_size(const std::string& flag, const std::string& text);

/// Frames a second: "16", "12.5" or "30000/1001".
media::Rational parse_rate(const std::string& flag, const std::string& text);

/// A check of seeds for CLI11, which by itself wraps -1 around and cuts what 64 bits do not hold: the complaint, empty without one.
std::string check_seed(const std::string& text);

}  // namespace zoetrope::cli
