#include "zoetrope/media/sound.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/media/clips.h"
#include "tests/media/tone.h"
#include "tests/temporary_folder.h"
#include "zoetrope/media/probe_to_json.h"
#include "zoetrope/media/reader.h"

namespace zoetrope::media {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Heard {
  std::vector<double> times;  // of the packets
  std::vector<std::string> packets;
};

Heard heard(const std::vector<Sound>& sounds, double until = 1e9) {
  SoundTrack track(sounds);
  Heard all;
  for (ffmpeg::Packet packet = ffmpeg::new_packet(); track.next(*packet, until); av_packet_unref(packet.get())) {
    all.times.push_back(static_cast<double>(packet->pts) * av_q2d(track.time_base()));
    all.packets.emplace_back(reinterpret_cast<const char*>(packet->data), static_cast<size_t>(packet->size));
  }
  return all;
}

struct SoundTest : testing::Test {
  SoundTest() { test::write_tone(folder / "tone.m4a", "aac", 1); }
  /// A video of n frames at 16 a second with sounds.
  std::filesystem::path video(const std::string& name, int64_t n, const std::vector<Sound>& sounds) {
    auto writer = open_writer(folder / name, 32, 32, {16, 1}, "a request", sounds);
    writer->write(test::moving_clip(n, 32, 32).frames);
    writer->finish();
    return folder / name;
  }
  TemporaryFolder folder;
};

TEST_F(SoundTest, IsCopiedAsItIsUpToTheEndOfTheVideo) {
  const Heard tone = heard({{folder / "tone.m4a"}});
  ASSERT_GT(tone.packets.size(), 40u);
  for (const char* name : {"a.mp4", "a.mov", "a.mkv"}) {
    const std::filesystem::path file = video(name, 8, {{folder / "tone.m4a"}});  // half a second
    EXPECT_EQ(probe(file).sound, "aac");
    EXPECT_EQ(probe_to_json(file)["sound"], "aac");
    EXPECT_EQ(probe(file).frames, 8);
    EXPECT_EQ(probe(file).missing_seconds, 0);
    const Heard kept = heard({{file}});
    ASSERT_GT(kept.packets.size(), 20u) << name;
    ASSERT_LT(kept.packets.size(), 26u) << name;
    for (size_t i = 0; i < kept.packets.size(); ++i) {
      EXPECT_EQ(kept.packets[i], tone.packets[i]) << name;
      EXPECT_NEAR(kept.times[i], tone.times[i], 2e-3) << name;
    }
  }
  EXPECT_EQ(probe(video("silent.mp4", 8, {})).sound, "");
}

TEST_F(SoundTest, StandsWhereItsVideoStandsAndSilenceBeforeAndBehindIt) {
  const std::filesystem::path first = video("first.mp4", 8, {{folder / "tone.m4a"}}),
                              longer = video("longer.mp4", 48, {{first, 1.25}});  // 3 seconds
  const Heard kept = heard({{longer}});
  EXPECT_NEAR(kept.times.front(), 1.25, .03);
  EXPECT_NEAR(kept.times.back(), 1.75, .03);
  EXPECT_EQ(probe(longer).frames, 48);
  const Heard both = heard({{video("join.mp4", 48, {{first, 0}, {first, 2}})}});
  EXPECT_EQ(both.packets.size(), 2 * kept.packets.size());
  EXPECT_NEAR(both.times[kept.packets.size()], 2, .03);
  const Heard cut = heard({{folder / "tone.m4a", 0}, {first, .25}});  // the first lasts until the second begins
  EXPECT_NEAR(cut.times.back(), .75, .03);
  EXPECT_TRUE(std::ranges::is_sorted(cut.times));
}

TEST_F(SoundTest, ThatAFileCannotHaveIsNamed) {
  test::write_tone(folder / "pcm.mkv", "pcm_s16le", .2);
  test::write_tone(folder / "slow.m4a", "aac", .2, 24000);
  auto left_out = [&](const char* name, const std::vector<Sound>& sounds) { return keep_sounds(name, sounds).left_out; };
  const Sound tone{folder / "tone.m4a"}, slow{folder / "slow.m4a", 3};
  EXPECT_THAT(left_out("a.gif", {tone}), ElementsAre("the sound of 'tone.m4a' is left out: a .gif has none"));
  EXPECT_THAT(left_out("a.png", {tone}), ElementsAre(HasSubstr("a .png has none")));
  EXPECT_THAT(left_out("a.webm", {tone}),
              ElementsAre("the sound of 'tone.m4a' is left out: it is in aac, which a .webm cannot have; write .mkv or .mov"));
  EXPECT_THAT(left_out("a.mp4", {{folder / "pcm.mkv"}}), ElementsAre(HasSubstr("it is in pcm_s16le, which a .mp4 cannot have")));
  EXPECT_EQ(keep_sounds("a.mov", {{folder / "pcm.mkv"}}).sounds.size(), 1u);
  EXPECT_THAT(left_out("a.mp4", {tone, slow}),
              ElementsAre("the sound of 'slow.m4a' is left out: it is coded otherwise than that of 'tone.m4a'"));
  for (const char* name : {"a.mp4", "a.mov", "a.mkv"}) EXPECT_EQ(keep_sounds(name, {tone}).sounds.size(), 1u) << name;
  EXPECT_THAT(left_out("a.gif", {}), ElementsAre());
}

}  // namespace
}  // namespace zoetrope::media
