#include "zoetrope/world/emoji_font.h"

#include <ft2build.h>
#include FT_FREETYPE_H

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "zoetrope/base/error.h"

namespace zoetrope::world {
namespace {

constexpr const char* usual_places[] = {
    "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
    "/usr/share/fonts/noto/NotoColorEmoji.ttf",
    "/usr/share/fonts/google-noto-emoji/NotoColorEmoji.ttf",
};

std::string find_font() {
  if (const char* named = std::getenv("ZOETROPE_EMOJI_FONT")) {
    if (!std::filesystem::exists(named)) throw base::Error("ZOETROPE_EMOJI_FONT names {}, which does not exist", named);
    return named;
  }
  for (const char* place : usual_places)
    if (std::filesystem::exists(place)) return place;
  throw base::Error("the emoji font is missing ({}): install the package fonts-noto-color-emoji, or name the file in ZOETROPE_EMOJI_FONT",
                    usual_places[0]);
}

/// One open font. FreeType's objects belong to one thread, so each call opens its own; images are kept by their user.
struct Font {
  Font() : path(find_font()) {
    if (FT_Init_FreeType(&library) != 0) throw base::Error("FreeType could not be started");
    if (FT_New_Face(library, path.c_str(), 0, &face) != 0 || !FT_HAS_COLOR(face) || FT_Select_Size(face, 0) != 0) {
      FT_Done_FreeType(library);
      throw base::Error("{} is not a font of colour bitmaps; the package fonts-noto-color-emoji has one", path);
    }
  }
  ~Font() {
    FT_Done_Face(face);
    FT_Done_FreeType(library);
  }
  std::string path;
  FT_Library library = nullptr;
  FT_Face face = nullptr;
};

Bitmap crop(const FT_Bitmap& from) {
  auto row = [&](int y) { return from.buffer + static_cast<ptrdiff_t>(y) * from.pitch; };
  int left = from.width, right = -1, top = from.rows, bottom = -1;
  for (int y = 0; y < static_cast<int>(from.rows); ++y)
    for (int x = 0; x < static_cast<int>(from.width); ++x)
      if (row(y)[4 * x + 3] > 8) left = std::min(left, x), right = std::max(right, x), top = std::min(top, y), bottom = std::max(bottom, y);
  Bitmap cut(std::max(right - left + 1, 1), std::max(bottom - top + 1, 1));
  for (int y = top; y <= bottom; ++y) std::memcpy(&cut.pixels[static_cast<size_t>(y - top) * cut.width], row(y) + 4 * left, 4 * cut.width);
  return cut;
}

}  // namespace

Bitmap emoji_bitmap(char32_t character) {
  Font font;
  FT_UInt glyph = FT_Get_Char_Index(font.face, character);
  if (glyph == 0 || FT_Load_Glyph(font.face, glyph, FT_LOAD_COLOR) != 0 || font.face->glyph->bitmap.pixel_mode != FT_PIXEL_MODE_BGRA)
    throw base::Error("{} has no glyph for U+{:04X}; the package fonts-noto-color-emoji has one", font.path,
                      static_cast<uint32_t>(character));
  return crop(font.face->glyph->bitmap);  // BGRA in memory, premultiplied: what Cairo calls ARGB32 on a little-endian machine
}

}  // namespace zoetrope::world
