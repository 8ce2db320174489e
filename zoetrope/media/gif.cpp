// Animated GIF with one palette, made from all frames by FFmpeg's filters.
extern "C" {
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
}

#include "zoetrope/media/metadata_blocks.h"
#include "zoetrope/media/muxed_stream.h"
#include "zoetrope/media/writers.h"

namespace zoetrope::media {
namespace {

/// RGB frames -> frames of 256 colours. The palette is known when the last frame has come, so the frames wait inside.
class PaletteFilter {
 public:
  PaletteFilter(int width, int height, Rational fps) : graph_(avfilter_graph_alloc()) {
    graph_->nb_threads = 1;
    std::string source = fmt::format("video_size={}x{}:pix_fmt={}:time_base={}/{}:pixel_aspect=1/1", width, height,
                                     static_cast<int>(AV_PIX_FMT_RGB24), fps.denominator, fps.numerator);
    ffmpeg::check(avfilter_graph_create_filter(&source_, avfilter_get_by_name("buffer"), "in", source.c_str(), nullptr, graph_.get()),
                  name);
    ffmpeg::check(avfilter_graph_create_filter(&sink_, avfilter_get_by_name("buffersink"), "out", nullptr, nullptr, graph_.get()), name);
    AVFilterInOut *outputs = end("in", source_), *inputs = end("out", sink_);
    // An ordered dither stays where it is from frame to frame, so that resting parts of the image rest.
    const char* chain = "[in]split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=bayer:bayer_scale=3[out]";
    int code = avfilter_graph_parse_ptr(graph_.get(), chain, &inputs, &outputs, nullptr);
    avfilter_inout_free(&inputs);
    avfilter_inout_free(&outputs);
    ffmpeg::check(code, name);
    ffmpeg::check(avfilter_graph_config(graph_.get(), nullptr), name);
  }

  void put(AVFrame* frame) { ffmpeg::check(av_buffersrc_add_frame(source_, frame), name); }

  /// The next finished frame, or null when more must be put in or all are out.
  ffmpeg::Frame take() {
    ffmpeg::Frame frame = ffmpeg::new_frame();
    int code = av_buffersink_get_frame(sink_, frame.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return nullptr;
    ffmpeg::check(code, name);
    return frame;
  }

 private:
  struct FreeGraph {
    void operator()(AVFilterGraph* graph) const { avfilter_graph_free(&graph); }
  };
  static constexpr const char* name = "the palette of a GIF cannot be made";

  static AVFilterInOut* end(const char* label, AVFilterContext* filter) {
    AVFilterInOut* made = avfilter_inout_alloc();
    if (!made) throw base::Error("{}: there is not enough memory", name);
    *made = {.name = av_strdup(label), .filter_ctx = filter, .pad_idx = 0, .next = nullptr};
    return made;
  }

  std::unique_ptr<AVFilterGraph, FreeGraph> graph_;
  AVFilterContext *source_ = nullptr, *sink_ = nullptr;
};

class GifWriter : public FileWriter {
 public:
  explicit GifWriter(const WriterSettings& settings)
      : FileWriter(settings),
        pixels_{.format = AV_PIX_FMT_PAL8, .width = settings.width, .height = settings.height},
        convert_({.format = AV_PIX_FMT_RGB24, .width = settings.width, .height = settings.height}),
        palette_(settings.width, settings.height, settings.fps),
        stream_(temporary(), {.container = "gif",
                              .codec = "gif",
                              .codec_options = {},
                              .container_options = {},
                              .tags = {},
                              .pixels = pixels_,
                              .fps = settings.fps}) {}

 protected:
  void add(const Tensor& frame) override {
    constexpr int64_t limit = int64_t{1} << 30;
    held_ += frame.numel();
    if (held_ > limit)
      throw base::Error("{}: a GIF of {}x{} can have {} frames at most; write .webm or .mp4", settings().path.string(), settings().width,
                        settings().height, limit / frame.numel());
    ffmpeg::Frame rgb = convert_(frame);
    rgb->pts = frames_++;
    palette_.put(rgb.get());
  }

  void close() override {
    palette_.put(nullptr);
    while (ffmpeg::Frame frame = palette_.take()) stream_.write(*frame);
    stream_.finish();
    append_gif_comment(temporary(), settings().metadata);
  }

 private:
  PixelLayout pixels_;
  RgbToYuv convert_;
  PaletteFilter palette_;
  MuxedStream stream_;
  int64_t held_ = 0, frames_ = 0;
};

}  // namespace

std::unique_ptr<VideoWriter> open_gif(const WriterSettings& settings) {
  if (settings.fps.value() > 50)  // delays are hundredths of a second, and players take less than two of them for a slow clip
    throw base::UsageError("{}: a GIF shows at most 50 frames a second, got {}; lower the rate, or write .webp or .mp4",
                           settings.path.string(), settings.fps.value());
  return std::make_unique<GifWriter>(settings);
}

}  // namespace zoetrope::media
