#pragma once
// What FFmpeg's C interface lacks for C++: owners, and error sentences. Used inside this module only.
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
}

#include <memory>
#include <string>

#include "zoetrope/base/error.h"

namespace zoetrope::media::ffmpeg {

struct Release {
  void operator()(AVFrame* p) const { av_frame_free(&p); }
  void operator()(AVPacket* p) const { av_packet_free(&p); }
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
};
using Frame = std::unique_ptr<AVFrame, Release>;
using Packet = std::unique_ptr<AVPacket, Release>;
using Codec = std::unique_ptr<AVCodecContext, Release>;

inline Frame new_frame() { return Frame(av_frame_alloc()); }
inline Packet new_packet() { return Packet(av_packet_alloc()); }

inline std::string reason(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return text;
}

/// Hands on what FFmpeg answered, or throws "WHAT: its reason".
inline int check(int code, const std::string& what) {
  if (code < 0) throw base::Error("{}: {}", what, reason(code));
  return code;
}

/// An encoder by FFmpeg's name, or a sentence: FFmpeg can be built without some of them.
inline const AVCodec* find_encoder(const std::string& name) {
  if (const AVCodec* codec = avcodec_find_encoder_by_name(name.c_str())) return codec;
  throw base::Error("this machine's FFmpeg has no encoder '{}'; install an FFmpeg with it, or write another format", name);
}

/// Encoders and decoders report through our errors; FFmpeg's own lines on stderr would mix with progress.
inline void be_quiet() { av_log_set_level(AV_LOG_QUIET); }

}  // namespace zoetrope::media::ffmpeg
