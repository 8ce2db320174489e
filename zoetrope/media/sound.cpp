#include "zoetrope/media/sound.h"

#include <algorithm>

#include "zoetrope/media/file_decoder.h"

namespace zoetrope::media {
namespace {

/// The sound of a file that is read here.
class FileSound : public CodedSound {
 public:
  explicit FileSound(std::unique_ptr<Source> file) : file_(std::move(file)), input_(*file_, {}, AVMEDIA_TYPE_AUDIO) {}
  const AVCodecParameters& parameters() const override { return input_.parameters(); }
  std::pair<int, int> tick() const override { return {input_.stream()->time_base.num, input_.stream()->time_base.den}; }
  double begin_of_picture() const override {
    const AVStream* video = input_.best_stream(AVMEDIA_TYPE_VIDEO);
    return video == nullptr || video->start_time == AV_NOPTS_VALUE ? 0 : static_cast<double>(video->start_time) * av_q2d(video->time_base);
  }
  bool next(AVPacket& packet) override { return input_.next(packet); }

 private:
  std::unique_ptr<Source> file_;
  Input input_;
};

/// Whether packets of one can follow those of the other in one stream.
bool are_coded_alike(const AVCodecParameters& a, const AVCodecParameters& b) {
  auto extra = [](const AVCodecParameters& p) {
    return std::string_view(reinterpret_cast<const char*>(p.extradata), static_cast<size_t>(p.extradata_size));
  };
  return a.codec_id == b.codec_id && a.sample_rate == b.sample_rate && a.ch_layout.nb_channels == b.ch_layout.nb_channels &&
         extra(a) == extra(b);
}

}  // namespace

std::unique_ptr<CodedSound> open_sound(std::unique_ptr<Source> file) { return std::make_unique<FileSound>(std::move(file)); }

std::string sound_codec(const Input& input) {
  const AVStream* sound = input.best_stream(AVMEDIA_TYPE_AUDIO);
  return sound == nullptr ? "" : avcodec_get_name(sound->codecpar->codec_id);
}

KeptSounds keep_sounds(const std::filesystem::path& video, std::vector<Sound> sounds) {
  KeptSounds kept;
  const AVOutputFormat* container = is_video_path(video) ? av_guess_format(nullptr, video.c_str(), nullptr) : nullptr;
  const bool has_sound = container != nullptr && container->audio_codec != AV_CODEC_ID_NONE;
  std::ranges::stable_sort(sounds, {}, &Sound::begin);
  std::unique_ptr<CodedSound> first;
  for (const Sound& sound : sounds) {
    std::unique_ptr<CodedSound> input = file_decoder().open_sound(sound.file);
    const AVCodecParameters& coded = input->parameters();
    const std::string name = avcodec_get_name(coded.codec_id), file = sound.file.filename().string();
    if (!has_sound) {
      kept.left_out.push_back(fmt::format("the sound of '{}' is left out: a {} has none", file, video.extension().string()));
    } else if (avformat_query_codec(container, coded.codec_id, FF_COMPLIANCE_NORMAL) != 1) {
      kept.left_out.push_back(fmt::format("the sound of '{}' is left out: it is in {}, which a {} cannot have; write .mkv or .mov", file,
                                          name, video.extension().string()));
    } else if (first && !are_coded_alike(first->parameters(), coded)) {
      kept.left_out.push_back(fmt::format("the sound of '{}' is left out: it is coded otherwise than that of '{}'", file,
                                          kept.sounds.front().file.filename().string()));
    } else {
      kept.sounds.push_back(sound);
      if (!first) first = std::move(input);
    }
  }
  return kept;
}

SoundTrack::SoundTrack(const std::vector<Sound>& sounds) : sounds_(sounds), waiting_(ffmpeg::new_packet()) {
  for (const Sound& sound : sounds) inputs_.push_back(file_decoder().open_sound(sound.file));
}

bool SoundTrack::read() {
  for (; current_ < inputs_.size(); ++current_) {
    CodedSound& input = *inputs_[current_];
    while (input.next(*waiting_)) {
      if (waiting_->pts == AV_NOPTS_VALUE) continue;
      const AVRational tick{input.tick().first, input.tick().second};
      const double time = static_cast<double>(waiting_->pts) * av_q2d(tick) - input.begin_of_picture() + sounds_[current_].begin;
      if (time < sounds_[current_].begin) continue;  // before its picture
      if (current_ + 1 < sounds_.size() && time >= sounds_[current_ + 1].begin) break;
      waiting_->duration = av_rescale_q(waiting_->duration, tick, time_base());
      waiting_->pts = waiting_->dts = std::llround(time / av_q2d(time_base()));
      return true;
    }
  }
  return false;
}

bool SoundTrack::next(AVPacket& packet, double until) {
  if (!has_waiting_) has_waiting_ = read();
  if (!has_waiting_ || static_cast<double>(waiting_->pts) * av_q2d(time_base()) >= until) return false;
  av_packet_move_ref(&packet, waiting_.get());
  has_waiting_ = false;
  return true;
}

}  // namespace zoetrope::media
