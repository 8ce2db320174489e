#include "zoetrope/serving/decode/child_decoder.h"

#include <csignal>
#include <gmock/gmock.h>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/media/clips.h"
#include "tests/media/tone.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/media/ffmpeg.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/metadata.h"
#include "zoetrope/media/video_writer.h"

namespace zoetrope::serving {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::vector<std::string> program() {
  const char* named = std::getenv("ZOETROPE");
  return {named == nullptr ? "build/zoetrope" : named, "decode"};
}

/// The processes that a process has made.
std::vector<pid_t> children_of(pid_t process) {
  std::vector<pid_t> children;
  std::ifstream list(fmt::format("/proc/{0}/task/{0}/children", process));
  for (pid_t child; list >> child;) children.push_back(child);
  return children;
}

struct ChildDecoderTest : testing::Test {
  /// Files of every kind that is written here.
  std::vector<std::filesystem::path> files() {
    const media::Clip clip = media::test::moving_clip(9, 48, 64);
    std::vector<std::filesystem::path> all;
    for (const char* name : {"a.mp4", "a.webm", "a.gif", "a.webp"}) media::write_clip(all.emplace_back(folder / name), clip, "a request");
    for (const char* name : {"a.png", "a.jpg"}) media::write_image(all.emplace_back(folder / name), clip.frames[0], "a request");
    return all;
  }
  std::filesystem::path long_video() {
    media::write_clip(folder / "long.mp4", media::test::moving_clip(200, 256, 256));
    return folder / "long.mp4";
  }
  TemporaryFolder folder;
  media::ReadLimits limits;
};

TEST_F(ChildDecoderTest, ReadsWhatThisProcessWouldRead) {
  ChildDecoder decoder(program());
  for (const std::filesystem::path& file : files()) {
    const media::Source open(file);
    const media::Probe there = decoder.probe(file, limits), here = media::probe(open, limits);
    EXPECT_EQ(std::tie(there.container, there.codec, there.width, there.height, there.frames, there.hdr, there.sound),
              std::tie(here.container, here.codec, here.width, here.height, here.frames, here.hdr, here.sound));
    EXPECT_EQ(there.fps.value(), here.fps.value());
    EXPECT_TRUE(decoder.read_image(file, limits).equal(media::read_image(open, limits)));
    const media::Clip clip = decoder.read_clip(file, limits), own = media::read_clip(open, limits);
    EXPECT_TRUE(clip.frames.equal(own.frames));
    EXPECT_EQ(clip.fps.value(), own.fps.value());
    EXPECT_EQ(decoder.read_metadata(file), "a request");
    media::Wanted wanted{media::Rational{8, 1}, 1, 4, 24, 24};
    std::vector<Tensor> frames, own_frames;
    decoder.read_frames(
        file, wanted, [&](const Tensor& frame) { frames.push_back(frame); }, limits);
    media::read_frames(
        open, wanted, [&](const Tensor& frame) { own_frames.push_back(frame); }, limits);
    ASSERT_EQ(frames.size(), own_frames.size());
    for (size_t i = 0; i < frames.size(); ++i) EXPECT_TRUE(frames[i].equal(own_frames[i]));
  }
}

TEST_F(ChildDecoderTest, ReadsTheSoundOfAVideo) {
  media::test::write_tone(folder / "tone.m4a", "aac", .5);
  auto decoder = std::make_shared<ChildDecoder>(program());
  auto video = [&](const char* name) {
    auto writer = media::open_writer(folder / name, 32, 32, {16, 1}, "", {{folder / "tone.m4a"}});
    writer->write(media::test::moving_clip(8, 32, 32).frames);
    writer->finish();
    return media::test::bytes_of(folder / name);
  };
  const std::string here = video("here.mp4");
  media::set_file_decoder(decoder);
  const std::string there = video("there.mp4");
  media::set_file_decoder(nullptr);
  EXPECT_EQ(there, here);
  EXPECT_EQ(decoder->probe(folder / "there.mp4", limits).sound, "aac");
  EXPECT_THAT(complaint([&] { decoder->open_sound(files().back()); }), HasSubstr("contains no sound"));
}

TEST_F(ChildDecoderTest, ErrorsAreThoseOfThisProcess) {
  ChildDecoder decoder(program());
  media::test::put_bytes(folder / "a.pdf", "%PDF-1.7 nothing to see");
  EXPECT_EQ(complaint([&] { decoder.probe(folder / "a.pdf", limits); }),
            (folder / "a.pdf").string() + ": is a PDF document, not a video or image");
  EXPECT_THAT(complaint([&] { decoder.probe(folder / "missing", limits); }), HasSubstr("cannot be read; does it exist"));
  EXPECT_EQ(decoder.read_metadata(folder / "a.pdf"), std::nullopt);
  limits.pixels = 100;
  EXPECT_THAT(complaint([&] { decoder.probe(files().front(), limits); }), HasSubstr("larger than the limit of 100 pixels"));
}

/// Bytes of real files that were damaged, and of none: each is read, or refused with a sentence about it, and the next is read as before.
TEST_F(ChildDecoderTest, DamagedFilesCostASentence) {
  ChildDecoder decoder(program());
  const std::vector<std::filesystem::path> whole = files();
  const std::filesystem::path damaged = folder / "damaged";
  std::mt19937 random(7);
  int read = 0, refused = 0;
  for (int i = 0; i < 120; ++i) {
    std::string bytes = media::test::bytes_of(whole[static_cast<size_t>(i) % whole.size()]);
    if (i % 5 == 0) bytes.resize(random() % bytes.size());
    for (unsigned flips = 1 + random() % 40; flips > 0 && !bytes.empty(); --flips)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (i % 17 == 0) std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
    media::test::put_bytes(damaged, bytes);
    try {
      decoder.probe(damaged, limits);
      decoder.read_frames(
          damaged, {}, [](const Tensor&) {}, limits);
      ++read;
    } catch (const base::Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("damaged"));
      ++refused;
    }
  }
  EXPECT_GT(read, 10);
  EXPECT_GT(refused, 10);
  EXPECT_EQ(decoder.probe(whole.front(), limits).frames, 9);
}

TEST_F(ChildDecoderTest, AChildThatIsKilledCostsASentence) {
  ChildDecoder decoder(program());
  const std::filesystem::path file = long_video();
  const std::string told = complaint([&] {
    decoder.read_frames(
        file, {},
        [&](const Tensor&) {
          for (pid_t child : children_of(decoder.process())) ::kill(child, SIGKILL);
        },
        limits);
  });
  EXPECT_THAT(told, AllOf(HasSubstr("ended the process that read it (signal 9"), HasSubstr("made to do harm")));
  EXPECT_EQ(decoder.probe(file, limits).frames, 200);
}

TEST_F(ChildDecoderTest, TooMuchTimeOrMemoryCostsASentence) {
  const std::filesystem::path file = long_video();
  ChildDecoder hasty(program(), {.seconds = 1});
  media::Wanted large;
  large.height = large.width = 2048;
  EXPECT_THAT(complaint([&] {
                hasty.read_frames(
                    file, large, [](const Tensor&) {}, limits);
              }),
              HasSubstr("takes longer to read than the limit of 1 seconds"));
  ChildDecoder small(program(), {.bytes = int64_t{24} << 20});
  EXPECT_THAT(complaint([&] { small.read_clip(file, limits); }), HasSubstr("takes more memory to read than the limit of 24 MB"));
  EXPECT_EQ(small.probe(files()[4], limits).width, 64);
}

TEST_F(ChildDecoderTest, AnotherProcessIsStartedAfterItsEnd) {
  ChildDecoder decoder(program());
  const std::filesystem::path file = files().front();
  EXPECT_EQ(decoder.read_image(file, limits).size(1), 64);
  const pid_t before = decoder.process();
  ::kill(before, SIGKILL);
  EXPECT_EQ(decoder.read_image(file, limits).size(1), 64);
  EXPECT_NE(decoder.process(), before);
  ChildDecoder none({"/does/not/exist", "decode"});
  EXPECT_THAT(complaint([&] { none.probe(file, limits); }), HasSubstr("cannot be read"));
}

TEST_F(ChildDecoderTest, WhoeverLeavesEndsTheChild) {
  ChildDecoder decoder(program());
  struct Enough {};
  EXPECT_THROW(decoder.read_frames(
                   long_video(), {}, [](const Tensor&) { throw Enough(); }, limits),
               Enough);
  for (int i = 0; i < 100 && !children_of(decoder.process()).empty(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_TRUE(children_of(decoder.process()).empty());
}

TEST_F(ChildDecoderTest, SeveralThreadsMayAskAtOnce) {
  ChildDecoder decoder(program());
  const std::vector<std::filesystem::path> all = files();
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const std::filesystem::path& file = all[static_cast<size_t>(t + i) % all.size()];
        if (decoder.read_image(file, limits).sizes() == at::IntArrayRef{48, 64, 3}) ++right;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 40);
}

TEST_F(ChildDecoderTest, RemembersWhatAFileIsUntilItIsAnother) {
  ChildDecoder decoder(program());
  const std::filesystem::path file = folder / "a.png";
  media::write_image(file, at::zeros({8, 16, 3}, at::kByte));
  EXPECT_EQ(decoder.probe(file, limits).width, 16);
  media::write_image(file, at::zeros({8, 24, 3}, at::kByte));
  EXPECT_EQ(decoder.probe(file, limits).width, 24);
  limits.pixels = 10;
  EXPECT_THAT(complaint([&] { decoder.probe(file, limits); }), HasSubstr("larger than the limit of 10 pixels"));
}

/// A process that knows no password cannot tell one, whatever a file makes it do.
TEST_F(ChildDecoderTest, TheProcessDoesNotKnowTheEnvironment) {
  ::setenv("ZOETROPE_API_KEY", "secret", 1);
  ChildDecoder decoder(program());
  decoder.probe(files().front(), limits);
  std::ifstream stream(fmt::format("/proc/{}/environ", decoder.process()));
  const std::string environment((std::istreambuf_iterator<char>(stream)), {});
  EXPECT_THAT(environment, AllOf(HasSubstr("OMP_NUM_THREADS=1"), testing::Not(HasSubstr("secret"))));
  ::unsetenv("ZOETROPE_API_KEY");
}

}  // namespace
}  // namespace zoetrope::serving
