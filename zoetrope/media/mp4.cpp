// H.264, in MP4, which every player and browser shows, in QuickTime, and in Matroska, which takes every kind of sound.
#include "zoetrope/media/metadata.h"
#include "zoetrope/media/muxed_stream.h"
#include "zoetrope/media/writers.h"

namespace zoetrope::media {
namespace {

int even(int side) { return side + side % 2; }

class H264Writer : public FileWriter {
 public:
  H264Writer(const WriterSettings& settings, const std::string& container, const std::map<std::string, std::string>& options)
      : FileWriter(settings),
        pixels_{.format = AV_PIX_FMT_YUV420P, .width = even(settings.width), .height = even(settings.height)},
        convert_(pixels_),
        stream_(temporary(), {.container = container,
                              .codec = "libx264",
                              // 17: no loss that the eye sees. Without mbtree, whose fast path in x264 (r3095) reads memory that it never
                              // wrote when the image is narrow: the same frames then gave other bytes every time.
                              .codec_options = {{"crf", "17"}, {"preset", "medium"}, {"mbtree", "0"}},
                              .container_options = options,
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

const std::map<std::string, std::string> quicktime_options{{"movflags", "+faststart+use_metadata_tags"}};

}  // namespace

std::unique_ptr<VideoWriter> open_mp4(const WriterSettings& settings) {
  return std::make_unique<H264Writer>(settings, "mp4", quicktime_options);
}

std::unique_ptr<VideoWriter> open_mov(const WriterSettings& settings) {
  return std::make_unique<H264Writer>(settings, "mov", quicktime_options);
}

std::unique_ptr<VideoWriter> open_mkv(const WriterSettings& settings) {
  return std::make_unique<H264Writer>(settings, "matroska", std::map<std::string, std::string>{});
}

}  // namespace zoetrope::media
