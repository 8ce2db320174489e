#include "zoetrope/media/muxed_stream.h"

namespace zoetrope::media {
namespace {

/// Options as FFmpeg takes them; what an encoder does not know stays behind and is a mistake of ours.
class Options {
 public:
  explicit Options(const std::map<std::string, std::string>& values) {
    for (const auto& [key, value] : values) av_dict_set(&dictionary_, key.c_str(), value.c_str(), 0);
  }
  ~Options() { av_dict_free(&dictionary_); }
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  AVDictionary** get() { return &dictionary_; }
  void must_be_used(const std::string& by) const {
    if (const AVDictionaryEntry* left = av_dict_get(dictionary_, "", nullptr, AV_DICT_IGNORE_SUFFIX))
      throw base::Error("this machine's FFmpeg has no option '{}' of {}", left->key, by);
  }

 private:
  AVDictionary* dictionary_ = nullptr;
};

AVRational rational(Rational r) { return {static_cast<int>(r.numerator), static_cast<int>(r.denominator)}; }

}  // namespace

void MuxedStream::Close::operator()(AVFormatContext* container) const {
  avio_closep(&container->pb);
  avformat_free_context(container);
}

MuxedStream::MuxedStream(const std::filesystem::path& file, const StreamSettings& settings)
    : name_(file.string()), packet_(ffmpeg::new_packet()) {
  ffmpeg::be_quiet();
  std::string url = "file:" + name_;  // so that no name is taken for a protocol
  AVFormatContext* container = nullptr;
  ffmpeg::check(avformat_alloc_output_context2(&container, nullptr, settings.container.c_str(), url.c_str()), name_);
  container_.reset(container);
  container->flags |= AVFMT_FLAG_BITEXACT;
  open_encoder(settings);

  AVStream* stream = avformat_new_stream(container, nullptr);
  if (!stream) throw base::Error("{}: there is not enough memory for a stream", name_);
  stream->time_base = encoder_->time_base;
  stream->avg_frame_rate = encoder_->framerate;
  ffmpeg::check(avcodec_parameters_from_context(stream->codecpar, encoder_.get()), name_);
  if (!settings.sounds.empty()) add_sound(settings.sounds);
  for (const auto& [key, value] : settings.tags) av_dict_set(&container->metadata, key.c_str(), value.c_str(), 0);
  ffmpeg::check(avio_open(&container->pb, url.c_str(), AVIO_FLAG_WRITE), name_);
  Options options(settings.container_options);
  ffmpeg::check(avformat_write_header(container, options.get()), name_);
  options.must_be_used(settings.container);
}

void MuxedStream::open_encoder(const StreamSettings& settings) {
  const AVCodec* codec = ffmpeg::find_encoder(settings.codec);
  encoder_.reset(avcodec_alloc_context3(codec));
  encoder_->width = settings.pixels.width;
  encoder_->height = settings.pixels.height;
  encoder_->pix_fmt = settings.pixels.format;
  encoder_->sample_aspect_ratio = {1, 1};
  encoder_->framerate = rational(settings.fps);
  encoder_->time_base = av_inv_q(encoder_->framerate);
  if (!(av_pix_fmt_desc_get(encoder_->pix_fmt)->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL))) {
    encoder_->colorspace = settings.pixels.matrix;
    encoder_->color_range = settings.pixels.range;
    encoder_->color_primaries = AVCOL_PRI_BT709;
    encoder_->color_trc = AVCOL_TRC_BT709;
  }
  encoder_->thread_count = 4;  // fixed, because the number of threads changes the bytes
  encoder_->flags |= AV_CODEC_FLAG_BITEXACT;
  if (container_->oformat->flags & AVFMT_GLOBALHEADER) encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  Options options(settings.codec_options);
  ffmpeg::check(
      avcodec_open2(encoder_.get(), codec, options.get()),
      fmt::format("{} cannot encode {}x{} at {} frames a second", settings.codec, encoder_->width, encoder_->height, settings.fps.value()));
  options.must_be_used(settings.codec);
}

void MuxedStream::add_sound(const std::vector<Sound>& sounds) {
  sound_.emplace(sounds);
  AVStream* stream = avformat_new_stream(container_.get(), nullptr);
  if (!stream) throw base::Error("{}: there is not enough memory for a stream", name_);
  ffmpeg::check(avcodec_parameters_copy(stream->codecpar, &sound_->parameters()), name_);
  stream->codecpar->codec_tag = 0;  // another container has another one
  stream->time_base = sound_->time_base();
}

void MuxedStream::copy_sound() {
  const double until = static_cast<double>(frames_) * av_q2d(encoder_->time_base);
  while (sound_ && sound_->next(*packet_, until)) {
    av_packet_rescale_ts(packet_.get(), sound_->time_base(), container_->streams[1]->time_base);
    packet_->stream_index = 1;
    packet_->pos = -1;
    ffmpeg::check(av_interleaved_write_frame(container_.get(), packet_.get()), name_);
  }
}

void MuxedStream::write(AVFrame& frame) {
  frame.pts = frames_++;
  frame.pict_type = AV_PICTURE_TYPE_NONE;  // the encoder chooses
  encode(&frame);
  copy_sound();
}

void MuxedStream::encode(AVFrame* frame) {
  ffmpeg::check(avcodec_send_frame(encoder_.get(), frame), name_);
  while (true) {
    int code = avcodec_receive_packet(encoder_.get(), packet_.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
    ffmpeg::check(code, name_);
    packet_->duration = 1;  // one frame, which encoders that reorder do not say
    av_packet_rescale_ts(packet_.get(), encoder_->time_base, container_->streams[0]->time_base);
    packet_->stream_index = 0;
    ffmpeg::check(av_interleaved_write_frame(container_.get(), packet_.get()), name_);
  }
}

void MuxedStream::finish() {
  encode(nullptr);
  copy_sound();
  ffmpeg::check(av_write_trailer(container_.get()), name_);
  ffmpeg::check(avio_closep(&container_->pb), name_);
}

}  // namespace zoetrope::media
