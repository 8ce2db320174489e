#pragma once
#include <filesystem>
#include <string>

#include "zoetrope/media/ffmpeg.h"

namespace zoetrope::media::test {

/// Writes a file of sound alone: a tone of `seconds` by an encoder of FFmpeg that takes fp32 ("aac") or 16 bit ("pcm_s16le").
inline void write_tone(const std::filesystem::path& path, const std::string& encoder, double seconds, int rate = 48000) {
  AVFormatContext* file = nullptr;
  ffmpeg::check(avformat_alloc_output_context2(&file, nullptr, nullptr, path.c_str()), "tone");
  const AVCodec* codec = ffmpeg::find_encoder(encoder);
  ffmpeg::Codec coder(avcodec_alloc_context3(codec));
  coder->sample_rate = rate;
  coder->sample_fmt = codec->sample_fmts[0];
  coder->time_base = {1, rate};
  av_channel_layout_default(&coder->ch_layout, 1);
  if (file->oformat->flags & AVFMT_GLOBALHEADER) coder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  ffmpeg::check(avcodec_open2(coder.get(), codec, nullptr), encoder);
  AVStream* stream = avformat_new_stream(file, nullptr);
  stream->time_base = coder->time_base;
  ffmpeg::check(avcodec_parameters_from_context(stream->codecpar, coder.get()), "tone");
  ffmpeg::check(avio_open(&file->pb, path.c_str(), AVIO_FLAG_WRITE), path.string());
  ffmpeg::check(avformat_write_header(file, nullptr), "tone");
  ffmpeg::Packet packet = ffmpeg::new_packet();
  auto drain = [&] {
    while (avcodec_receive_packet(coder.get(), packet.get()) >= 0) {
      av_packet_rescale_ts(packet.get(), coder->time_base, stream->time_base);
      ffmpeg::check(av_interleaved_write_frame(file, packet.get()), "tone");
    }
  };
  const int size = coder->frame_size > 0 ? coder->frame_size : 1024;
  for (int64_t at = 0; at < static_cast<int64_t>(seconds * rate); at += size) {
    ffmpeg::Frame frame = ffmpeg::new_frame();
    frame->nb_samples = size, frame->format = coder->sample_fmt, frame->sample_rate = rate, frame->pts = at;
    av_channel_layout_copy(&frame->ch_layout, &coder->ch_layout);
    ffmpeg::check(av_frame_get_buffer(frame.get(), 0), "tone");
    for (int i = 0; i < size; ++i) {
      const double value = .3 * std::sin(.06 * static_cast<double>(at + i));
      if (coder->sample_fmt == AV_SAMPLE_FMT_FLTP)
        reinterpret_cast<float*>(frame->data[0])[i] = static_cast<float>(value);
      else
        reinterpret_cast<int16_t*>(frame->data[0])[i] = static_cast<int16_t>(32767 * value);
    }
    ffmpeg::check(avcodec_send_frame(coder.get(), frame.get()), "tone");
    drain();
  }
  avcodec_send_frame(coder.get(), nullptr);
  drain();
  ffmpeg::check(av_write_trailer(file), "tone");
  avio_closep(&file->pb);
  avformat_free_context(file);
}

}  // namespace zoetrope::media::test
