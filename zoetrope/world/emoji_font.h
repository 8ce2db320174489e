#pragma once
#include "zoetrope/world/canvas.h"

namespace zoetrope::world {

/// The image of a character as the Noto Color Emoji font has it (about 128 pixels), cut to what is not transparent. The font is
/// the file in the environment variable ZOETROPE_EMOJI_FONT, else Debian's. Throws when there is none, or it lacks the character.
Bitmap emoji_bitmap(char32_t character);

}  // namespace zoetrope::world
