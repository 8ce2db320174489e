#pragma once
#include <string>

#include "zoetrope/media/clip.h"
#include "zoetrope/media/ffmpeg.h"

struct AVFilterContext;
struct AVFilterGraph;

namespace zoetrope::media {

/// A chain of FFmpeg's filters between "[in]" and "[out]" for frames of one format and size.
class FilterGraph {
 public:
  /// `what` begins the sentence of an error: "the palette of a GIF cannot be made".
  FilterGraph(AVPixelFormat format, int width, int height, Rational fps, const std::string& chain, std::string what);
  ~FilterGraph();
  FilterGraph(const FilterGraph&) = delete;
  FilterGraph& operator=(const FilterGraph&) = delete;

  /// Takes the content of a frame; null ends them.
  void put(AVFrame* frame);
  /// The next finished frame, or null when more must be put in or all are out.
  ffmpeg::Frame take();

 private:
  std::string what_;
  AVFilterGraph* graph_;
  AVFilterContext *source_ = nullptr, *sink_ = nullptr;
};

}  // namespace zoetrope::media
