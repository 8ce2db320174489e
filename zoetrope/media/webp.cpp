// Animated WebP through libwebp's own muxer; the metadata go into its XMP chunk.
#include <fstream>

#include <webp/encode.h>
#include <webp/mux.h>

#include "zoetrope/media/metadata_blocks.h"
#include "zoetrope/media/writers.h"

namespace zoetrope::media {
namespace {

struct ReleaseWriter {
  void operator()(WebPAnimEncoder* p) const { WebPAnimEncoderDelete(p); }
  void operator()(WebPMux* p) const { WebPMuxDelete(p); }
};

struct Picture : WebPPicture {
  Picture() { WebPPictureInit(this); }
  ~Picture() { WebPPictureFree(this); }
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;
};

struct Bytes : WebPData {
  Bytes() { WebPDataInit(this); }
  ~Bytes() { WebPDataClear(this); }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
};

class WebpWriter : public FileWriter {
 public:
  explicit WebpWriter(const WriterSettings& settings) : FileWriter(settings) {
    WebPAnimEncoderOptions options;
    WebPConfigInit(&config_);
    config_.quality = 90;
    config_.use_sharp_yuv = 1;  // keeps the edges of colours, which the format stores at half size
    bool ready = WebPAnimEncoderOptionsInit(&options);
    encoder_.reset(ready ? WebPAnimEncoderNew(settings.width, settings.height, &options) : nullptr);
    if (!encoder_)
      throw base::Error("{}: libwebp cannot start an animation of {}x{}", settings.path.string(), settings.width, settings.height);
  }

 protected:
  void add(const Tensor& frame) override {
    Picture picture;
    picture.use_argb = 1;
    picture.width = settings().width;
    picture.height = settings().height;
    Tensor rgb = frame.contiguous();
    bool done = WebPPictureImportRGB(&picture, rgb.const_data_ptr<uint8_t>(), 3 * settings().width) &&
                WebPAnimEncoderAdd(encoder_.get(), &picture, milliseconds(frames_++), &config_);
    if (!done) fail();
  }

  void close() override {
    Bytes animation;
    if (!WebPAnimEncoderAdd(encoder_.get(), nullptr, milliseconds(frames_), nullptr)) fail();
    if (!WebPAnimEncoderAssemble(encoder_.get(), &animation)) fail();
    const std::string packet = xmp_packet(settings().metadata.request, settings().metadata.aigc);
    if (packet.empty()) return save(animation);
    std::unique_ptr<WebPMux, ReleaseWriter> mux(WebPMuxCreate(&animation, 0));
    WebPData xmp{reinterpret_cast<const uint8_t*>(packet.data()), packet.size()};
    Bytes whole;
    if (!mux || WebPMuxSetChunk(mux.get(), "XMP ", &xmp, 0) != WEBP_MUX_OK || WebPMuxAssemble(mux.get(), &whole) != WEBP_MUX_OK)
      throw base::Error("{}: libwebp cannot add the metadata", settings().path.string());
    save(whole);
  }

 private:
  int milliseconds(int64_t frame) const {
    const Rational& fps = settings().fps;
    return static_cast<int>((1000 * frame * fps.denominator + fps.numerator / 2) / fps.numerator);
  }

  void save(const WebPData& data) const {
    std::ofstream stream(temporary(), std::ios::binary);
    stream.write(reinterpret_cast<const char*>(data.bytes), static_cast<std::streamsize>(data.size));
    stream.close();
    if (!stream) throw base::Error("{}: cannot be written", settings().path.string());
  }

  [[noreturn]] void fail() const {
    throw base::Error("{}: libwebp cannot encode the clip: {}", settings().path.string(), WebPAnimEncoderGetError(encoder_.get()));
  }

  WebPConfig config_;
  std::unique_ptr<WebPAnimEncoder, ReleaseWriter> encoder_;
  int64_t frames_ = 0;
};

}  // namespace

std::unique_ptr<VideoWriter> open_webp(const WriterSettings& settings) { return std::make_unique<WebpWriter>(settings); }

}  // namespace zoetrope::media
