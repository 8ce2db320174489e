#include "zoetrope/media/input.h"

#include <ATen/Parallel.h>

namespace zoetrope::media {
namespace {

/// Containers that hold their frames themselves. Lists such as HLS or concat, which name other files, are not among them.
constexpr char containers[] =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,apng,flv,live_flv,mpeg,mpegts,ogg,asf,h264,hevc,ivf,yuv4mpegpipe,mjpeg,"
    "png_pipe,jpeg_pipe,bmp_pipe,tiff_pipe,ppm_pipe,pgm_pipe,pam_pipe,qoi_pipe,jpegls_pipe,j2k_pipe";

constexpr int buffer_size = 1 << 16;

/// FFmpeg's guess goes astray where a long comment comes before the image, so the two formats that carry one are told it.
const AVInputFormat* known_format(std::string_view start) {
  if (start.starts_with("\xff\xd8\xff")) return av_find_input_format("jpeg_pipe");
  if (start.starts_with("\x89PNG")) return av_find_input_format("png_pipe");
  return nullptr;
}

}  // namespace

void Input::Close::operator()(AVIOContext* p) const {
  av_freep(&p->buffer);
  avio_context_free(&p);
}

Input::Input(const std::filesystem::path& path, const ReadLimits& limits)
    : name_(path.string()), file_(path, std::ios::binary | std::ios::ate) {
  ffmpeg::be_quiet();
  if (!file_ || std::filesystem::is_directory(path)) throw base::Error("{}: cannot be read; does it exist, and is it a file?", name_);
  size_ = file_.tellg();
  if (size_ > limits.file_bytes) throw base::Error("{}: is {} bytes long, more than the limit of {}", name_, size_, limits.file_bytes);
  file_.seekg(0);
  char start[4] = {};
  file_.read(start, sizeof start);
  file_.clear();
  file_.seekg(0);
  bytes_.reset(avio_alloc_context(static_cast<uint8_t*>(av_malloc(buffer_size)), buffer_size, 0, this, read, nullptr, seek));

  AVFormatContext* container = avformat_alloc_context();
  container->pb = bytes_.get();
  AVDictionary* options = nullptr;
  av_dict_set(&options, "format_whitelist", containers, 0);
  int code = avformat_open_input(&container, nullptr, known_format({start, sizeof start}), &options);  // frees the context when it fails
  av_dict_free(&options);
  ffmpeg::check(code, fmt::format("{}: is not a readable video or image, or is cut off", name_));
  container_.reset(container);
  ffmpeg::check(avformat_find_stream_info(container, nullptr), fmt::format("{}: the streams cannot be read", name_));
  int index = av_find_best_stream(container, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (index < 0) throw base::Error("{}: contains neither a video nor an image", name_);
  stream_ = container->streams[index];
  check_size(name_, stream_->codecpar->width, stream_->codecpar->height, limits);
}

int Input::read(void* self, uint8_t* buffer, int size) {
  auto& file = static_cast<Input*>(self)->file_;
  file.clear();
  file.read(reinterpret_cast<char*>(buffer), size);
  return file.gcount() > 0 ? static_cast<int>(file.gcount()) : AVERROR_EOF;
}

int64_t Input::seek(void* self, int64_t offset, int whence) {
  auto& input = *static_cast<Input*>(self);
  if (whence & AVSEEK_SIZE) return input.size_;
  input.file_.clear();
  auto from = whence == SEEK_CUR ? std::ios::cur : whence == SEEK_END ? std::ios::end : std::ios::beg;
  if (!input.file_.seekg(offset, from)) return AVERROR(EINVAL);
  return input.file_.tellg();
}

bool Input::next(AVPacket& packet) {
  while (true) {
    av_packet_unref(&packet);
    if (av_read_frame(container_.get(), &packet) < 0) return false;
    if (packet.stream_index == stream_->index) return true;
  }
}

ffmpeg::Codec Input::decoder() const {
  const AVCodec* codec = avcodec_find_decoder(parameters().codec_id);
  if (!codec) throw base::Error("{}: this machine's FFmpeg cannot decode '{}'", name_, avcodec_get_name(parameters().codec_id));
  ffmpeg::Codec made(avcodec_alloc_context3(codec));
  ffmpeg::check(avcodec_parameters_to_context(made.get(), &parameters()), name_);
  made->pkt_timebase = stream_->time_base;
  made->thread_count = at::get_num_threads();
  if (is_image()) made->err_recognition = AV_EF_EXPLODE;  // half a video is some frames, half an image is none
  ffmpeg::check(avcodec_open2(made.get(), codec, nullptr), fmt::format("{}: the decoder of '{}' cannot begin", name_, codec->name));
  return made;
}

bool Input::is_image() const { return std::string_view(container_->iformat->name).ends_with("_pipe"); }

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
