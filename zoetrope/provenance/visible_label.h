#pragma once
#include <cstdint>
#include <string>

#include "zoetrope/base/tensor.h"

namespace zoetrope::provenance {

/// Pixels of a frame.
struct Box {
  int64_t left, top, width, height;
};

/// A text that says in the picture itself what it is: light letters on a dark field in the lower right corner.
class VisibleLabel {
 public:
  /// Letters are as high as `size` of the shorter side says, and at least 12 pixels; a field that would be wider than the frame is made to
  /// fit. An Error where no font of this machine has the letters.
  VisibleLabel(const std::string& text, double size, int64_t width, int64_t height);

  const std::string& text() const { return text_; }
  Box box() const { return box_; }
  /// Draws it on frames [n,H,W,3] uint8 themselves.
  void draw(Tensor frames) const;

 private:
  std::string text_;
  Box box_;
  Tensor letters_;  // [h,w,1] fp32, 0 to 1
};

/// "AI生成" where the prompt has Chinese and a font of this machine has the letters, else "AI-generated".
std::string label_text_for(const std::string& prompt);

}  // namespace zoetrope::provenance
