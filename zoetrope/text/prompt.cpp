#include "zoetrope/text/prompt.h"

#include <unicode/utf8.h>

#include "zoetrope/base/error.h"

namespace zoetrope::text {

void check_prompt(std::string_view prompt) {
  if (prompt.size() > longest_prompt)
    throw base::UsageError("the prompt is {} bytes long, more than the limit of {}; shorten it", prompt.size(), longest_prompt);
  const auto* bytes = reinterpret_cast<const uint8_t*>(prompt.data());
  for (size_t place = 0; place < prompt.size();) {
    size_t start = place;
    UChar32 character;
    U8_NEXT(bytes, place, prompt.size(), character);
    if (character < 0)
      throw base::UsageError("the prompt is not UTF-8 at byte {}, which is 0x{:02x}; save it as UTF-8", start, bytes[start]);
  }
}

}  // namespace zoetrope::text
