#include "zoetrope/evaluation/html.h"

#include <vector>

#include "zoetrope/base/base64.h"
#include "zoetrope/media/image.h"

namespace zoetrope::evaluation {

std::string escaped(const std::string& text) {
  std::string safe;
  for (char c : text) {
    switch (c) {
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '&':
        safe += "&amp;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

Tensor side_by_side(const Tensor& frames, int64_t gap) {
  if (gap == 0) return frames.transpose(0, 1).flatten(1, 2).contiguous();
  std::vector<Tensor> parts;
  for (int64_t i = 0; i < frames.size(0); ++i) {
    if (i > 0) parts.push_back(at::full({frames.size(1), gap, 3}, 255, frames.options()));
    parts.push_back(frames[i]);
  }
  return at::cat(parts, 1);
}

std::string picture(const Tensor& image) { return "data:image/png;base64," + base::base64_encoded(media::png(image)); }

}  // namespace zoetrope::evaluation
