#pragma once
#include <array>
#include <filesystem>

#include "zoetrope/base/json.h"
#include "zoetrope/media/pil_resize.h"

namespace zoetrope::vision {

/// What is done to an image before a network sees it, as image processors of transformers do it with Pillow.
struct ImageProcessor {
  int64_t height = 224, width = 224;        // after resizing; both 0 where it is not resized
  int64_t shortest_edge = 0;                // above 0: the shorter side is resized to this instead, in proportion
  int64_t crop_height = 0, crop_width = 0;  // above 0: the middle that is cut out then
  media::Resampling resampling = media::Resampling::bilinear;
  double rescale = 1.0 / 255;
  std::array<double, 3> mean{0.5, 0.5, 0.5}, deviation{0.5, 0.5, 0.5};

  /// Reads a folder's preprocessor_config.json.
  static ImageProcessor read(const std::filesystem::path& folder);
  static ImageProcessor from_json(const base::Json& json);
  /// What CLIP's image encoders are shown when no file says otherwise (transformers' CLIPImageProcessor): the middle, `side` wide.
  static ImageProcessor clip(int64_t side);

  /// image [H,W,3] uint8 -> pixels [1,3,h,w] fp32.
  Tensor operator()(const Tensor& image) const;
};

}  // namespace zoetrope::vision
