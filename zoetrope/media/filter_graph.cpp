#include "zoetrope/media/filter_graph.h"

extern "C" {
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
}

namespace zoetrope::media {
namespace {

AVFilterInOut* end(const char* label, AVFilterContext* filter) {
  AVFilterInOut* made = avfilter_inout_alloc();
  if (!made) throw base::Error("there is not enough memory for a filter");
  *made = {.name = av_strdup(label), .filter_ctx = filter, .pad_idx = 0, .next = nullptr};
  return made;
}

}  // namespace

FilterGraph::FilterGraph(AVPixelFormat format, int width, int height, Rational fps, const std::string& chain, std::string what)
    : what_(std::move(what)), graph_(avfilter_graph_alloc()) {
  graph_->nb_threads = 1;
  const std::string source = fmt::format("video_size={}x{}:pix_fmt={}:time_base={}/{}:pixel_aspect=1/1", width, height,
                                         static_cast<int>(format), fps.denominator, fps.numerator);
  ffmpeg::check(avfilter_graph_create_filter(&source_, avfilter_get_by_name("buffer"), "in", source.c_str(), nullptr, graph_), what_);
  ffmpeg::check(avfilter_graph_create_filter(&sink_, avfilter_get_by_name("buffersink"), "out", nullptr, nullptr, graph_), what_);
  AVFilterInOut *outputs = end("in", source_), *inputs = end("out", sink_);
  const int code = avfilter_graph_parse_ptr(graph_, chain.c_str(), &inputs, &outputs, nullptr);
  avfilter_inout_free(&inputs);
  avfilter_inout_free(&outputs);
  ffmpeg::check(code, what_);
  ffmpeg::check(avfilter_graph_config(graph_, nullptr), what_);
}

FilterGraph::~FilterGraph() { avfilter_graph_free(&graph_); }

void FilterGraph::put(AVFrame* frame) { ffmpeg::check(av_buffersrc_add_frame(source_, frame), what_); }

ffmpeg::Frame FilterGraph::take() {
  ffmpeg::Frame frame = ffmpeg::new_frame();
  const int code = av_buffersink_get_frame(sink_, frame.get());
  if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return nullptr;
  ffmpeg::check(code, what_);
  return frame;
}

}  // namespace zoetrope::media
