#include "zoetrope/media/input.h"

#include <ATen/Parallel.h>

#include "zoetrope/base/file_kind.h"
#include "zoetrope/media/exif.h"

namespace zoetrope::media {
namespace {

/// Containers that hold their frames themselves. Lists such as HLS or concat, which name other files, are not among them.
constexpr char containers[] =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,apng,flv,live_flv,mpeg,mpegts,ogg,asf,h264,hevc,ivf,yuv4mpegpipe,mjpeg,"
    "png_pipe,jpeg_pipe,bmp_pipe,tiff_pipe,ppm_pipe,pgm_pipe,pam_pipe,qoi_pipe,jpegls_pipe,j2k_pipe";

constexpr int buffer_size = 1 << 16;

/// FFmpeg's guess goes astray where a long comment comes before the image, so the two formats that carry one are told it.
const AVInputFormat* known_format(std::string_view bytes) {
  if (bytes.starts_with("\xff\xd8\xff")) return av_find_input_format("jpeg_pipe");
  if (bytes.starts_with("\x89PNG")) return av_find_input_format(is_animated_png(bytes) ? "apng" : "png_pipe");
  return nullptr;
}

}  // namespace

void Input::Close::operator()(AVIOContext* p) const {
  av_freep(&p->buffer);
  avio_context_free(&p);
}

Input::Input(const Source& file, const ReadLimits& limits, AVMediaType kind) : file_(file), name_(file.name()) {
  ffmpeg::be_quiet();
  if (file.size() > limits.file_bytes)
    throw base::Error("{}: is {} bytes long, more than the limit of {}", name_, file.size(), limits.file_bytes);
  const std::string start = file.start(size_t{1} << 16);
  bytes_.reset(avio_alloc_context(static_cast<uint8_t*>(av_malloc(buffer_size)), buffer_size, 0, this, read, nullptr, seek));

  AVFormatContext* container = avformat_alloc_context();
  container->pb = bytes_.get();
  AVDictionary* options = nullptr;
  av_dict_set(&options, "format_whitelist", containers, 0);
  int code = avformat_open_input(&container, nullptr, known_format(start), &options);  // frees the context when it fails
  av_dict_free(&options);
  if (std::string kind = code < 0 ? base::wrong_kind(start, file.path(), base::FileUse::frames) : ""; !kind.empty())
    throw base::Error("{}: {}", name_, kind);
  ffmpeg::check(code, fmt::format("{}: is not a readable video or image, or is cut off", name_));
  container_.reset(container);
  ffmpeg::check(avformat_find_stream_info(container, nullptr), fmt::format("{}: the streams cannot be read", name_));
  stream_ = best_stream(kind);
  if (stream_ == nullptr)
    throw base::Error("{}: contains {}", name_, kind == AVMEDIA_TYPE_AUDIO ? "no sound" : "neither a video nor an image");
  if (kind == AVMEDIA_TYPE_VIDEO) check_size(name_, stream_->codecpar->width, stream_->codecpar->height, limits);
}

AVStream* Input::best_stream(AVMediaType kind) const {
  const int index = av_find_best_stream(container_.get(), kind, -1, -1, nullptr, 0);
  return index < 0 ? nullptr : container_->streams[index];
}

int Input::read(void* self, uint8_t* buffer, int size) {
  auto& input = *static_cast<Input*>(self);
  const size_t count = input.file_.read(input.at_, buffer, static_cast<size_t>(size));
  input.at_ += static_cast<int64_t>(count);
  return count > 0 ? static_cast<int>(count) : AVERROR_EOF;
}

int64_t Input::seek(void* self, int64_t offset, int whence) {
  auto& input = *static_cast<Input*>(self);
  if (whence & AVSEEK_SIZE) return input.file_.size();
  const int64_t from = whence == SEEK_CUR ? input.at_ : whence == SEEK_END ? input.file_.size() : 0;
  int64_t at = 0;
  if (__builtin_add_overflow(from, offset, &at) || at < 0) return AVERROR(EINVAL);
  return input.at_ = at;
}

bool Input::next(AVPacket& packet) {
  if (image_is_read_) return false;  // phones put more images behind the first one of a JPEG: gain maps, previews
  image_is_read_ = is_image();
  while (true) {
    av_packet_unref(&packet);
    if (av_read_frame(container_.get(), &packet) < 0) return false;
    if (packet.stream_index == stream_->index) return true;
  }
}

const AVCodec* Input::codec() const {
  const AVDictionaryEntry* alpha = av_dict_get(stream_->metadata, "alpha_mode", nullptr, 0);
  if (alpha && std::string_view(alpha->value) == "1") {  // of WebM, whose transparency only libvpx decodes
    const char* name = parameters().codec_id == AV_CODEC_ID_VP8 ? "libvpx" : "libvpx-vp9";
    if (const AVCodec* found = avcodec_find_decoder_by_name(name)) return found;
  }
  return avcodec_find_decoder(parameters().codec_id);
}

ffmpeg::Codec Input::decoder() const {
  const AVCodec* codec = this->codec();
  if (!codec) throw base::Error("{}: this machine's FFmpeg cannot decode '{}'", name_, avcodec_get_name(parameters().codec_id));
  ffmpeg::Codec made(avcodec_alloc_context3(codec));
  ffmpeg::check(avcodec_parameters_to_context(made.get(), &parameters()), name_);
  made->pkt_timebase = stream_->time_base;
  made->thread_count = at::get_num_threads();
  const bool has_foreign_tags = parameters().codec_id == AV_CODEC_ID_TIFF;     // which are no errors
  if (is_image() && !has_foreign_tags) made->err_recognition = AV_EF_EXPLODE;  // half a video is some frames, half an image is none
  ffmpeg::check(avcodec_open2(made.get(), codec, nullptr), fmt::format("{}: the decoder of '{}' cannot begin", name_, codec->name));
  return made;
}

bool Input::is_image() const { return std::string_view(container_->iformat->name).ends_with("_pipe"); }

int Input::exif_orientation() const {
  const bool is_png = parameters().codec_id == AV_CODEC_ID_PNG, is_tiff = parameters().codec_id == AV_CODEC_ID_TIFF;
  if (!is_png && !is_tiff) return 1;
  const std::string bytes = file_.whole(file_.size());
  return media::exif_orientation(is_tiff ? std::string_view(bytes) : png_exif(bytes).value_or("")).value_or(1);
}

TimeStamps Input::time_stamps() const {
  TimeStamps stamps{.begins = {}, .end = 0, .tick = av_q2d(stream_->time_base), .declared = std::nullopt};
  AVRational rate = av_guess_frame_rate(container_.get(), stream_, nullptr);
  if (!is_image() && rate.num > 0 && rate.den > 0) stamps.declared = Rational{rate.num, rate.den};
  return stamps;
}

double Input::declared_seconds() const {
  if (container_->duration_estimation_method == AVFMT_DURATION_FROM_BITRATE) return 0;
  if (stream_->duration != AV_NOPTS_VALUE) return seconds(stream_->duration);
  bool alone = container_->nb_streams == 1 && container_->duration != AV_NOPTS_VALUE;  // sound may last longer
  return alone ? static_cast<double>(container_->duration) / AV_TIME_BASE : 0;
}

std::optional<std::string> container_tag(const Input& input, const std::string& key) {
  const AVDictionaryEntry* entry = av_dict_get(input.container()->metadata, key.c_str(), nullptr, 0);
  return entry && *entry->value ? std::optional<std::string>(entry->value) : std::nullopt;
}

void check_size(const std::string& name, int64_t width, int64_t height, const ReadLimits& limits) {
  if (width < 1 || height < 1) throw base::Error("{}: the size of its frames cannot be read", name);
  if (width > limits.pixels / height)
    throw base::Error("{}: frames of {}x{} are larger than the limit of {} pixels", name, width, height, limits.pixels);
}

}  // namespace zoetrope::media
