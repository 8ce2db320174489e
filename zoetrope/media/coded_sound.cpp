#include "zoetrope/media/coded_sound.h"

#include <cstring>
#include <limits>

#include "zoetrope/media/ffmpeg.h"

namespace zoetrope::media {
namespace {

using base::Json;

/// A whole number of a sound that another process describes.
int64_t told(const Json& json, const char* key, int64_t least, int64_t most) {
  auto found = json.find(key);
  if (found == json.end() || !found->is_number_integer() || found->get<int64_t>() < least || found->get<int64_t>() > most)
    throw base::Error("its sound has a '{}' that none can have", key);
  return found->get<int64_t>();
}

/// A sound of which all packets have come.
class HeldSound : public CodedSound {
 public:
  HeldSound(const Json& json, const std::string& extradata, std::vector<SoundPacket> packets)
      : parameters_(avcodec_parameters_alloc()), packets_(std::move(packets)) {
    constexpr int64_t most = int64_t{1} << 30;
    AVCodecParameters& p = *parameters_;
    p.codec_type = AVMEDIA_TYPE_AUDIO;
    p.codec_id = static_cast<AVCodecID>(told(json, "codec", 0, most));
    if (avcodec_get_type(p.codec_id) != AVMEDIA_TYPE_AUDIO) throw base::Error("its sound is coded as none can be");
    for (auto [key, value] : numbers(p)) *value = static_cast<int>(told(json, key, -most, most));
    p.bit_rate = told(json, "bit_rate", 0, int64_t{1} << 40);
    p.sample_rate = static_cast<int>(told(json, "sample_rate", 1, 1'000'000));
    const int channels = static_cast<int>(told(json, "channels", 1, 64));
    const auto mask = static_cast<uint64_t>(told(json, "mask", 0, std::numeric_limits<int64_t>::max()));
    if (mask == 0 || av_channel_layout_from_mask(&p.ch_layout, mask) < 0 || p.ch_layout.nb_channels != channels)
      av_channel_layout_default(&p.ch_layout, channels);
    if (!extradata.empty()) {
      p.extradata = static_cast<uint8_t*>(av_mallocz(extradata.size() + AV_INPUT_BUFFER_PADDING_SIZE));
      if (p.extradata == nullptr) throw std::bad_alloc();
      std::memcpy(p.extradata, extradata.data(), extradata.size());
      p.extradata_size = static_cast<int>(extradata.size());
    }
    tick_ = {static_cast<int>(told(json, "tick", 1, most)), static_cast<int>(told(json, "ticks", 1, most))};
    begin_ = json.value("begin_of_picture", 0.0);
  }

  /// The plain numbers among the parameters, by name.
  static std::vector<std::pair<const char*, int*>> numbers(AVCodecParameters& p) {
    return {{"format", &p.format},
            {"bits", &p.bits_per_coded_sample},
            {"raw_bits", &p.bits_per_raw_sample},
            {"profile", &p.profile},
            {"level", &p.level},
            {"block_align", &p.block_align},
            {"frame_size", &p.frame_size},
            {"initial_padding", &p.initial_padding},
            {"trailing_padding", &p.trailing_padding},
            {"seek_preroll", &p.seek_preroll}};
  }

  const AVCodecParameters& parameters() const override { return *parameters_; }
  std::pair<int, int> tick() const override { return tick_; }
  double begin_of_picture() const override { return begin_; }
  bool next(AVPacket& packet) override {
    av_packet_unref(&packet);
    if (next_ == packets_.size()) return false;
    const SoundPacket& held = packets_[next_++];
    if (av_new_packet(&packet, static_cast<int>(held.bytes.size())) < 0) throw std::bad_alloc();
    std::memcpy(packet.data, held.bytes.data(), held.bytes.size());
    packet.pts = packet.dts = held.time;
    packet.duration = held.duration;
    packet.flags = AV_PKT_FLAG_KEY;
    return true;
  }

 private:
  struct Release {
    void operator()(AVCodecParameters* p) const { avcodec_parameters_free(&p); }
  };
  std::unique_ptr<AVCodecParameters, Release> parameters_;
  std::vector<SoundPacket> packets_;
  size_t next_ = 0;
  std::pair<int, int> tick_;
  double begin_ = 0;
};

}  // namespace

Json sound_to_json(const CodedSound& sound) {
  const AVCodecParameters& p = sound.parameters();
  Json json{{"codec", static_cast<int>(p.codec_id)},
            {"bit_rate", p.bit_rate},
            {"sample_rate", p.sample_rate},
            {"channels", p.ch_layout.nb_channels},
            {"mask", p.ch_layout.order == AV_CHANNEL_ORDER_NATIVE ? static_cast<int64_t>(p.ch_layout.u.mask) : 0},
            {"tick", sound.tick().first},
            {"ticks", sound.tick().second},
            {"begin_of_picture", sound.begin_of_picture()}};
  for (auto [key, value] : HeldSound::numbers(const_cast<AVCodecParameters&>(p))) json[key] = *value;
  return json;
}

std::string extradata_of(const CodedSound& sound) {
  const AVCodecParameters& p = sound.parameters();
  return {reinterpret_cast<const char*>(p.extradata), static_cast<size_t>(p.extradata_size)};
}

void each_packet(CodedSound& sound, const std::function<void(const SoundPacket&)>& next) {
  for (ffmpeg::Packet packet = ffmpeg::new_packet(); sound.next(*packet);)
    if (packet->pts != AV_NOPTS_VALUE)
      next({packet->pts, packet->duration, {reinterpret_cast<const char*>(packet->data), static_cast<size_t>(packet->size)}});
}

std::unique_ptr<CodedSound> sound_from_json(const Json& json, const std::string& extradata, std::vector<SoundPacket> packets) {
  if (!json.is_object()) throw base::Error("its sound is not described");
  return std::make_unique<HeldSound>(json, extradata, std::move(packets));
}

}  // namespace zoetrope::media
