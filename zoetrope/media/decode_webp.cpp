// Still and animated WebP through libwebp.
#include <webp/demux.h>

#include "zoetrope/base/error.h"
#include "zoetrope/media/decoded.h"
#include "zoetrope/media/exif.h"
#include "zoetrope/media/input.h"
#include "zoetrope/media/orientation.h"
#include "zoetrope/media/pixel_convert.h"

namespace zoetrope::media {
namespace {

struct ReleaseReader {
  void operator()(WebPAnimDecoder* p) const { WebPAnimDecoderDelete(p); }
  void operator()(WebPDemuxer* p) const { WebPDemuxDelete(p); }
};

/// The bytes of a WebP file with its structure, which is small whatever the size of the canvas.
struct File {
  File(const Source& file, const ReadLimits& limits)
      : bytes(file.whole(limits.file_bytes)),
        data{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
        demuxer(WebPDemux(&data)) {
    if (!demuxer) throw base::Error("{}: is a WebP file that is broken or cut off", file.name());
    width = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH);
    height = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT);
    check_size(file.name(), width, height, limits);
    upright = from_exif(1, static_cast<int>(width), static_cast<int>(height));
    WebPChunkIterator exif;
    if (WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &exif)) {
      const std::string_view told(reinterpret_cast<const char*>(exif.chunk.bytes), exif.chunk.size);
      upright = from_exif(exif_orientation(told).value_or(1), static_cast<int>(width), static_cast<int>(height));
      WebPDemuxReleaseChunkIterator(&exif);
    }
  }
  std::string bytes;
  WebPData data;
  std::unique_ptr<WebPDemuxer, ReleaseReader> demuxer;
  int64_t width, height;  // as stored
  Orientation upright;
};

TimeStamps milliseconds() { return {.begins = {}, .end = 0, .tick = 1e-3, .declared = std::nullopt}; }

}  // namespace

bool is_webp(const Source& file) {
  char start[12] = {};
  file.read(0, start, sizeof start);
  return std::string_view(start, 4) == "RIFF" && std::string_view(start + 8, 4) == "WEBP";
}

void decode_webp(const Source& source, const ReadLimits& limits, FrameReceiver& receiver) {
  File file(source, limits);
  WebPAnimDecoderOptions options;
  if (!WebPAnimDecoderOptionsInit(&options)) throw base::Error("libwebp's version differs from its headers");
  std::unique_ptr<WebPAnimDecoder, ReleaseReader> decoder(WebPAnimDecoderNew(&file.data, &options));
  if (!decoder) throw base::Error("{}: is a WebP file that cannot be decoded", source.name());
  receiver.stamps = milliseconds();
  uint8_t* canvas = nullptr;
  int begin = 0, end = 0;
  while (WebPAnimDecoderHasMoreFrames(decoder.get()) && WebPAnimDecoderGetNext(decoder.get(), &canvas, &end)) {
    Tensor rgba = at::from_blob(canvas, {file.height, file.width, 4}, at::kByte);
    if (!receiver.add([&] { return file.upright(on_white(rgba)); }, 1e-3 * begin, 1e-3 * end)) break;
    begin = end;
  }
}

Probe probe_webp(const Source& source, const ReadLimits& limits) {
  File file(source, limits);
  TimeStamps stamps = milliseconds();
  WebPIterator frame;
  if (WebPDemuxGetFrame(file.demuxer.get(), 1, &frame)) {
    do {
      stamps.begins.push_back(stamps.end);
      stamps.end += 1e-3 * frame.duration;
    } while (WebPDemuxNextFrame(&frame));
  }
  WebPDemuxReleaseIterator(&frame);
  Timing timing = constant_rate(stamps, limits.frames);
  return {"webp",    "webp", file.upright.final_width(), file.upright.final_height(), static_cast<int64_t>(timing.source_index.size()),
          timing.fps};
}

}  // namespace zoetrope::media
