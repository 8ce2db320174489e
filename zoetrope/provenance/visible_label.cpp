#include "zoetrope/provenance/visible_label.h"

#include <algorithm>
#include <cmath>

#include "zoetrope/base/error.h"
#include "zoetrope/media/label.h"

namespace zoetrope::provenance {
namespace {

constexpr char chinese[] = "AI生成", english[] = "AI-generated";

/// The text's letters, 1 on 0, cut out: [h,w] fp32.
Tensor draw_letters(const std::string& text, double letter_height) {
  constexpr int64_t room = 4096;
  constexpr float paper = 255, ink = 26;  // of media::draw_label
  Tensor drawn = (paper - media::draw_label(text, room, letter_height).select(-1, 0).to(at::kFloat)) / (paper - ink);
  Tensor columns = (drawn > 0).any(0).nonzero(), rows = (drawn > 0).any(1).nonzero();
  if (columns.numel() == 0) throw base::InvalidRequest("label_text", "must have letters that can be seen, got '{}'", text);
  const int64_t left = columns.min().item<int64_t>(), right = columns.max().item<int64_t>(), top = rows.min().item<int64_t>(),
                bottom = rows.max().item<int64_t>();
  return drawn.narrow(1, left, right + 1 - left).narrow(0, top, bottom + 1 - top).clamp(0, 1);
}

}  // namespace

VisibleLabel::VisibleLabel(const std::string& text, double size, int64_t width, int64_t height) : text_(text), box_{} {
  constexpr double least = 12;
  if (!media::has_letters(text))
    throw base::Error("no font of this machine has the letters of the label '{}': install one (Debian: fonts-wqy-microhei)", text);
  const double letter_height = std::max(least, std::ceil(size * static_cast<double>(std::min(width, height))));
  Tensor letters = draw_letters(text, letter_height / .9);  // a font's ideographs and capitals fill about so much of its size
  const auto margin = static_cast<int64_t>(std::ceil(letter_height / 4));
  letters = at::constant_pad_nd(letters, {margin, margin, margin, margin});
  const double scale = std::min({1., static_cast<double>(width) / static_cast<double>(letters.size(1)),
                                 static_cast<double>(height) / static_cast<double>(letters.size(0))});
  if (scale < 1) {
    auto side = [&](int64_t whole) { return std::max<int64_t>(1, static_cast<int64_t>(static_cast<double>(whole) * scale)); };
    letters = at::upsample_bilinear2d(letters.unsqueeze(0).unsqueeze(0), {side(letters.size(0)), side(letters.size(1))},
                                      /*align_corners=*/false)[0][0];
  }
  box_ = {width - letters.size(1), height - letters.size(0), letters.size(1), letters.size(0)};
  letters_ = letters.unsqueeze(-1);
}

void VisibleLabel::draw(Tensor frames) const {
  constexpr double dark = .55, white = 255;
  Tensor part = frames.narrow(1, box_.top, box_.height).narrow(2, box_.left, box_.width);
  part.copy_((part.to(at::kFloat) * (1 - dark) * (1 - letters_) + white * letters_).round().to(at::kByte));
}

std::string label_text_for(const std::string& prompt) {
  const bool has_chinese = std::ranges::any_of(prompt, [](unsigned char c) { return c >= 0xe3 && c <= 0xe9; });  // leads U+3000 to U+9FFF
  return has_chinese && media::has_letters(chinese) ? chinese : english;
}

}  // namespace zoetrope::provenance
