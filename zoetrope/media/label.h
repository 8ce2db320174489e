#pragma once
#include <string>

#include "zoetrope/base/tensor.h"

namespace zoetrope::media {

/// Text in UTF-8 as dark letters on white, wrapped to `width` pixels -> [H,width,3] uint8, as high as its lines. The font is the one of
/// this machine that has the most of the text's letters, so Chinese shows where any font has it. Malformed UTF-8 is drawn as '?'.
Tensor draw_label(const std::string& text, int64_t width, double letter_height = 13);

/// Whether a font of this machine has all letters of the text.
bool has_letters(const std::string& text);

}  // namespace zoetrope::media
