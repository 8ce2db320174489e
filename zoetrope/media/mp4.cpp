// H.264 in MP4: what every player and browser shows.
#include "zoetrope/media/metadata.h"
#include "zoetrope/media/muxed_stream.h"
#include "zoetrope/media/writers.h"

namespace zoetrope::media {
namespace {

int even(int side) { return side + side % 2; }

class Mp4Writer : public FileWriter {
 public:
  explicit Mp4Writer(const WriterSettings& settings)
      : FileWriter(settings),
        pixels_{.format = AV_PIX_FMT_YUV420P, .width = even(settings.width), .height = even(settings.height)},
        convert_(pixels_),
        stream_(temporary(), {.container = "mp4",
                              .codec = "libx264",
                              // 17: no loss that the eye sees. Without mbtree, whose fast path in x264 (r3095) reads memory that it never
                              // wrote when the image is narrow: the same frames then gave other bytes every time.
                              .codec_options = {{"crf", "17"}, {"preset", "medium"}, {"mbtree", "0"}},
                              .container_options = {{"movflags", "+faststart+use_metadata_tags"}},
                              .tags = {{metadata_key, settings.metadata}},
                              .pixels = pixels_,
                              .fps = settings.fps}) {}

 protected:
  void add(const Tensor& frame) override { stream_.write(*convert_(frame)); }
  void close() override { stream_.finish(); }

 private:
  PixelLayout pixels_;
  RgbToYuv convert_;
  MuxedStream stream_;
};

}  // namespace

std::unique_ptr<VideoWriter> open_mp4(const WriterSettings& settings) { return std::make_unique<Mp4Writer>(settings); }

}  // namespace zoetrope::media
