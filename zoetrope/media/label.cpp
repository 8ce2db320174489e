#include "zoetrope/media/label.h"

#include <cmath>
#include <fontconfig/fontconfig.h>
#include <memory>
#include <vector>

#include <cairo/cairo-ft.h>
#include <cairo/cairo.h>

namespace zoetrope::media {
namespace {

struct ReleaseDrawing {
  void operator()(cairo_t* p) const { cairo_destroy(p); }
  void operator()(cairo_surface_t* p) const { cairo_surface_destroy(p); }
  void operator()(cairo_font_face_t* p) const { cairo_font_face_destroy(p); }
  void operator()(FcPattern* p) const { FcPatternDestroy(p); }
  void operator()(FcCharSet* p) const { FcCharSetDestroy(p); }
};
template <class T>
using Owned = std::unique_ptr<T, ReleaseDrawing>;

/// A letter of UTF-8: its code point and its bytes.
struct Letter {
  FcChar32 code;
  std::string bytes;
};

std::vector<Letter> letters_of(const std::string& text) {
  std::vector<Letter> letters;
  for (size_t at = 0; at < text.size();) {
    FcChar32 code = 0;
    int size = FcUtf8ToUcs4(reinterpret_cast<const FcChar8*>(text.data()) + at, &code, static_cast<int>(text.size() - at));
    bool sound = size > 0 && code != 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    letters.push_back(sound ? Letter{code, text.substr(at, size)} : Letter{'?', "?"});
    at += sound ? size : 1;
  }
  return letters;
}

Owned<FcCharSet> set_of(const std::vector<Letter>& letters) {
  Owned<FcCharSet> set(FcCharSetCreate());
  for (const Letter& letter : letters) FcCharSetAddChar(set.get(), letter.code);
  return set;
}

/// The font of this machine that has the most of the letters.
Owned<FcPattern> match_font(const FcCharSet& letters) {
  Owned<FcPattern> pattern(FcNameParse(reinterpret_cast<const FcChar8*>("sans-serif")));
  FcPatternAddCharSet(pattern.get(), FC_CHARSET, &letters);
  FcConfigSubstitute(nullptr, pattern.get(), FcMatchPattern);
  FcDefaultSubstitute(pattern.get());
  FcResult result;
  Owned<FcPattern> found(FcFontMatch(nullptr, pattern.get(), &result));
  return found ? std::move(found) : std::move(pattern);
}

Owned<cairo_font_face_t> font_for(const std::vector<Letter>& letters) {
  const Owned<FcCharSet> wanted = set_of(letters);
  return Owned<cairo_font_face_t>(cairo_ft_font_face_create_for_pattern(match_font(*wanted).get()));
}

double advance(cairo_t* cairo, const std::string& text) {
  cairo_text_extents_t extents;
  cairo_text_extents(cairo, text.c_str(), &extents);
  return extents.x_advance;
}

/// Fills lines greedily; a line breaks at a space, or beside a letter of a script that writes without them (from U+2E80 on).
std::vector<std::string> wrap(cairo_t* cairo, const std::vector<Letter>& letters, double width) {
  std::vector<std::string> lines(1);
  std::string word;
  auto place_word = [&] {
    if (!lines.back().empty() && advance(cairo, lines.back() + word) > width) {
      lines.emplace_back();
      word.erase(0, word.find_first_not_of(' '));
    }
    lines.back() += word;
    word.clear();
  };
  for (const Letter& letter : letters) {
    if (letter.code == '\n') {
      place_word();
      lines.emplace_back();
      continue;
    }
    if (letter.code == ' ' || letter.code >= 0x2e80) place_word();
    word += letter.code < ' ' ? " " : letter.bytes;
  }
  place_word();
  return lines;
}

}  // namespace

bool has_letters(const std::string& text) {
  const Owned<FcCharSet> wanted = set_of(letters_of(text));
  const Owned<FcPattern> font = match_font(*wanted);
  FcCharSet* has = nullptr;
  return FcPatternGetCharSet(font.get(), FC_CHARSET, 0, &has) == FcResultMatch && FcCharSetIsSubset(wanted.get(), has);
}

Tensor draw_label(const std::string& text, int64_t width, double letter_height) {
  constexpr double margin = 2;
  std::vector<Letter> letters = letters_of(text);
  Owned<cairo_font_face_t> font = font_for(letters);
  auto begin = [&](int64_t height) {
    Owned<cairo_surface_t> surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width), static_cast<int>(height)));
    Owned<cairo_t> cairo(cairo_create(surface.get()));
    cairo_set_font_face(cairo.get(), font.get());
    cairo_set_font_size(cairo.get(), letter_height);
    return std::pair(std::move(surface), std::move(cairo));
  };
  auto [measure_surface, measure] = begin(1);
  std::vector<std::string> lines = wrap(measure.get(), letters, static_cast<double>(width) - 2 * margin);
  cairo_font_extents_t extents;
  cairo_font_extents(measure.get(), &extents);
  double line_height = std::max(extents.ascent + extents.descent, letter_height);
  auto height = static_cast<int64_t>(std::ceil(line_height * static_cast<double>(lines.size()) + 2 * margin));

  auto [surface, cairo] = begin(height);
  cairo_set_source_rgb(cairo.get(), 1, 1, 1);
  cairo_paint(cairo.get());
  cairo_set_source_rgb(cairo.get(), 0.1, 0.1, 0.1);
  for (size_t i = 0; i < lines.size(); ++i) {
    cairo_move_to(cairo.get(), margin, margin + line_height * static_cast<double>(i) + extents.ascent);
    cairo_show_text(cairo.get(), lines[i].c_str());
  }
  cairo_surface_flush(surface.get());
  // Cairo keeps 32-bit words 0x00RRGGBB.
  Tensor words = at::from_blob(cairo_image_surface_get_data(surface.get()), {height, width},
                               {cairo_image_surface_get_stride(surface.get()) / 4, 1}, at::kInt);
  return at::stack({words.bitwise_right_shift(16).bitwise_and(255), words.bitwise_right_shift(8).bitwise_and(255), words.bitwise_and(255)},
                   -1)
      .to(at::kByte);
}

}  // namespace zoetrope::media
