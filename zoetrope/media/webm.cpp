// VP9 in WebM: open, and any size.
#include "zoetrope/media/metadata.h"
#include "zoetrope/media/muxed_stream.h"
#include "zoetrope/media/writers.h"

namespace zoetrope::media {
namespace {

class WebmWriter : public FileWriter {
 public:
  explicit WebmWriter(const WriterSettings& settings)
      : FileWriter(settings),
        pixels_{.format = AV_PIX_FMT_YUV420P, .width = settings.width, .height = settings.height},
        convert_(pixels_),
        stream_(temporary(), {.container = "webm",
                              .codec = "libvpx-vp9",
                              // crf counts only with a bit rate of 0; cpu-used 4 is several times as fast as 1 and hardly larger
                              .codec_options = {{"crf", "20"}, {"b", "0"}, {"deadline", "good"}, {"cpu-used", "4"}, {"row-mt", "1"}},
                              .container_options = {},
                              .tags = tags_of(settings.metadata),
                              .pixels = pixels_,
                              .fps = settings.fps,
                              .sounds = settings.sounds}) {}

 protected:
  void add(const Tensor& frame) override { stream_.write(*convert_(frame)); }
  void close() override {
    stream_.finish();
    check_tags(temporary(), settings().metadata);
  }

 private:
  PixelLayout pixels_;
  RgbToYuv convert_;
  MuxedStream stream_;
};

}  // namespace

std::unique_ptr<VideoWriter> open_webm(const WriterSettings& settings) { return std::make_unique<WebmWriter>(settings); }

}  // namespace zoetrope::media
