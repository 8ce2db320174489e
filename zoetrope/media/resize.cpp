#include "zoetrope/media/resize.h"

#include <algorithm>

#include "zoetrope/base/error.h"

namespace zoetrope::media {

Tensor resize(const Tensor& frames, int64_t height, int64_t width) {
  if (frames.dim() == 3) return resize(frames.unsqueeze(0), height, width)[0];
  if (frames.dim() != 4 || frames.numel() == 0)
    throw base::Error("frames to resize must be [n,H,W,C], got [{}]", fmt::join(frames.sizes(), ","));
  if (height < 1 || width < 1) throw base::Error("frames cannot be resized to {}x{}", width, height);
  if (frames.size(1) == height && frames.size(2) == width) return frames;
  std::vector<Tensor> resized;
  for (int64_t i = 0; i < frames.size(0); ++i) {  // one by one: the whole clip in floating point would take four times its memory
    Tensor planes = frames.narrow(0, i, 1).permute({0, 3, 1, 2}).to(at::kFloat);
    Tensor smaller = at::_upsample_bilinear2d_aa(planes, {height, width}, /*align_corners=*/false).permute({0, 2, 3, 1});
    if (frames.scalar_type() == at::kByte) smaller = smaller.round().clamp(0, 255);
    resized.push_back(smaller.to(frames.scalar_type()));
  }
  return at::cat(resized, 0).contiguous();
}

Tensor fit(const Tensor& frames, int64_t height, int64_t width) {
  if (height < 1 || width < 1) throw base::Error("frames cannot be resized to {}x{}", width, height);
  int64_t rows = frames.dim() - 3, old_height = frames.size(rows), old_width = frames.size(rows + 1);
  int64_t kept_width = std::clamp<int64_t>((old_height * width + height / 2) / height, 1, old_width);
  int64_t kept_height = std::clamp<int64_t>((old_width * height + width / 2) / width, 1, old_height);
  Tensor middle =
      frames.narrow(rows, (old_height - kept_height) / 2, kept_height).narrow(rows + 1, (old_width - kept_width) / 2, kept_width);
  return resize(middle, height, width);
}

}  // namespace zoetrope::media
