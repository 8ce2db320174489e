#pragma once
#include "zoetrope/media/input.h"

namespace zoetrope::media {

/// How stored frames become upright ones with square pixels: stretched to width x height, transposed, then mirrored.
struct Orientation {
  int width = 0, height = 0;  // after stretching, before transposing
  bool transpose = false, mirror_x = false, mirror_y = false;

  int64_t final_width() const { return transpose ? height : width; }
  int64_t final_height() const { return transpose ? width : height; }
  /// frame [height,width,3] -> [final_height,final_width,3].
  Tensor operator()(const Tensor& frame) const;
};

/// The same frame of width x height pixels as an Exif orientation (1 to 8) wants it.
Orientation from_exif(int orientation, int width, int height);

/// What the file (and `frame`, where one is decoded) says of orientation and pixel shape.
Orientation orientation(const Input& input, const AVFrame* frame, const ReadLimits& limits);

}  // namespace zoetrope::media
