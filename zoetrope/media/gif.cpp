// Animated GIF with one palette, made from all frames by FFmpeg's filters.
#include "zoetrope/media/filter_graph.h"
#include "zoetrope/media/metadata_blocks.h"
#include "zoetrope/media/muxed_stream.h"
#include "zoetrope/media/writers.h"

namespace zoetrope::media {
namespace {

/// RGB frames -> frames of 256 colours. The palette is known when the last frame has come, so the frames wait inside. An ordered dither
/// stays where it is from frame to frame, so that resting parts of the image rest.
constexpr char palette_chain[] = "[in]split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=bayer:bayer_scale=3[out]";

class GifWriter : public FileWriter {
 public:
  explicit GifWriter(const WriterSettings& settings)
      : FileWriter(settings),
        pixels_{.format = AV_PIX_FMT_PAL8, .width = settings.width, .height = settings.height},
        convert_({.format = AV_PIX_FMT_RGB24, .width = settings.width, .height = settings.height}),
        palette_(AV_PIX_FMT_RGB24, settings.width, settings.height, settings.fps, palette_chain, "the palette of a GIF cannot be made"),
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
    append_gif_comment(temporary(), settings().metadata.request);
  }

 private:
  PixelLayout pixels_;
  RgbToYuv convert_;
  FilterGraph palette_;
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
