#include "zoetrope/media/reader.h"

#include <functional>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/media/clips.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/muxed_stream.h"
#include "zoetrope/media/resize.h"
#include "zoetrope/media/video_writer.h"

namespace zoetrope::media {
namespace {

using namespace test;

TEST(Reader, GivesTheWholeFramesOfACutOffVideo) {
  TemporaryFolder folder;
  Clip clip = moving_clip(40, 64, 64);
  for (std::string name : {"a.mp4", "a.webm", "a.gif"}) {
    write_clip(folder / name, clip);
    std::string bytes = bytes_of(folder / name);
    put_bytes(folder / name, bytes.substr(0, bytes.size() * 2 / 3));
    Clip cut = read_clip(folder / name);
    EXPECT_GT(cut.length(), 5) << name;
    EXPECT_LT(cut.length(), 40) << name;
    EXPECT_GT(psnr(cut.frames, clip.frames.narrow(0, 0, cut.length())), 27) << name;  // none of them guessed
  }
  write_clip(folder / "a.webp", clip);
  std::string bytes = bytes_of(folder / "a.webp");
  put_bytes(folder / "a.webp", bytes.substr(0, bytes.size() / 2));
  EXPECT_NE(complaint([&] { read_clip(folder / "a.webp"); }).find("cut off"), std::string::npos);
}

TEST(Reader, GivesTheWantedFramesAloneAsTheWholeClipHasThem) {
  TemporaryFolder folder;
  for (std::string name : {"a.mp4", "a.webm", "a.gif", "a.webp"}) {
    write_clip(folder / name, moving_clip(40, 48, 64));
    const Tensor all = read_clip(folder / name).frames;
    EXPECT_TRUE(read_frames(folder / name, {}).equal(all)) << name;
    EXPECT_TRUE(read_frames(folder / name, {.begin = 7, .end = 12}).equal(all.narrow(0, 7, 5))) << name;
    EXPECT_TRUE(read_frames(folder / name, {.begin = 38, .end = 50, .height = 20, .width = 16}).equal(fit(all.narrow(0, 38, 2), 20, 16)));
    EXPECT_TRUE(read_frames(folder / name, {.fps = Rational{8, 1}, .begin = 2, .end = 4}).equal(all.slice(0, 5, 9, 2))) << name;
    EXPECT_TRUE(read_frames(folder / name, {.fps = Rational{32, 1}, .begin = 1, .end = 3}).equal(all.narrow(0, 0, 2))) << name;
    EXPECT_EQ(read_frames(folder / name, {.begin = 40}).size(0), 0) << name;
  }
  write_image(folder / "a.png", moving_clip(1, 48, 64).frames[0]);
  EXPECT_EQ(read_frames(folder / "a.png", {.fps = Rational{30, 1}, .height = 16, .width = 16}).size(0), 1);
}

TEST(Reader, GivesTheWantedFramesOfACutOffVideoAsFarAsTheyAreThere) {
  TemporaryFolder folder;
  for (std::string name : {"a.mp4", "a.webm"}) {
    write_clip(folder / name, moving_clip(40, 64, 64));
    put_bytes(folder / name, bytes_of(folder / name).substr(0, bytes_of(folder / name).size() * 2 / 3));
    const Tensor cut = read_frames(folder / name, {}), whole = read_clip(folder / name).frames;
    EXPECT_TRUE(cut.equal(whole)) << name;
    EXPECT_EQ(probe(folder / name).frames, whole.size(0)) << name;
  }
}

TEST(Reader, OfPartsHoldsOneFrameAtATime) {
  TemporaryFolder folder;
  write_clip(folder / "a.mp4", moving_clip(40, 48, 64));
  const ReadLimits two{.clip_bytes = 2 * 48 * 64 * 3};
  int64_t count = 0;
  read_frames(
      folder / "a.mp4", {}, [&](const Tensor&) { ++count; }, two);
  EXPECT_EQ(count, 40);
  EXPECT_EQ(read_frames(folder / "a.mp4", {.begin = 30, .end = 32}, two).size(0), 2);
  EXPECT_THROW(read_frames(folder / "a.mp4", {.begin = 30, .end = 33}, two), base::Error);
}

TEST(Probe, TellsWhatACutOffVideoLacks) {
  TemporaryFolder folder;
  for (std::string name : {"a.mp4", "a.webm"}) {
    write_clip(folder / name, moving_clip(40, 64, 64));
    EXPECT_EQ(probe(folder / name).missing_seconds, 0) << name;
    std::string bytes = bytes_of(folder / name);
    put_bytes(folder / name, bytes.substr(0, bytes.size() * 2 / 3));
    Probe cut = probe(folder / name);
    EXPECT_LT(cut.frames, 40) << name;
    EXPECT_NEAR(cut.seconds() + cut.missing_seconds, 2.5, 0.1) << name;
  }
}

TEST(Reader, SaysWhatIsNoVideo) {
  TemporaryFolder folder;
  put_bytes(folder / "empty.mp4", "");
  put_bytes(folder / "text.mp4", std::string(5000, 'a'));
  write_clip(folder / "whole.mp4", moving_clip(3, 32, 32));
  put_bytes(folder / "head.mp4", bytes_of(folder / "whole.mp4").substr(0, 100));
  for (std::string name : {"empty.mp4", "text.mp4", "head.mp4", "missing.mp4"}) {
    EXPECT_NE(complaint([&] { read_clip(folder / name); }).find(name), std::string::npos);
    EXPECT_THROW(probe(folder / name), base::Error);
  }
  EXPECT_THROW(read_clip(folder.path), base::Error);
}

TEST(Reader, FollowsNoPathIntoOtherFiles) {
  TemporaryFolder folder;
  write_clip(folder / "secret.mp4", moving_clip(3, 32, 32));
  std::string secret = (folder / "secret.mp4").string();
  put_bytes(folder / "list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n" + secret + "\n#EXT-X-ENDLIST\n");
  put_bytes(folder / "list.txt", "ffconcat version 1.0\nfile '" + secret + "'\n");
  EXPECT_THROW(read_clip(folder / "list.m3u8"), base::Error);
  EXPECT_THROW(read_clip(folder / "list.txt"), base::Error);
  EXPECT_THROW(read_clip("file:" + secret), base::Error);
}

TEST(Reader, KeepsItsLimits) {
  TemporaryFolder folder;
  for (std::string name : {"a.mp4", "a.gif", "a.webp"}) {
    std::filesystem::path path = folder / name;
    write_clip(path, moving_clip(20, 32, 48));
    EXPECT_NE(complaint([&] { read_clip(path, {.file_bytes = 100}); }).find("100"), std::string::npos) << name;
    EXPECT_NE(complaint([&] { read_clip(path, {.pixels = 1000}); }).find("48x32"), std::string::npos) << name;
    EXPECT_NE(complaint([&] { read_clip(path, {.frames = 10}); }).find("limit of 10"), std::string::npos) << name;
    EXPECT_NE(complaint([&] { read_clip(path, {.seconds = 0.5}); }).find("seconds"), std::string::npos) << name;
    EXPECT_NE(complaint([&] { read_clip(path, {.clip_bytes = 20000}); }).find("20000"), std::string::npos) << name;
    EXPECT_EQ(read_clip(path, {.frames = 20, .clip_bytes = 20 * 32 * 48 * 3}).length(), 20);
  }
}

/// Writes into the first track header of an MP4 how it is to be shown: its matrix stands 40 bytes behind the box's name and size.
void turn(const std::filesystem::path& path, std::array<int32_t, 4> quarter) {
  std::string bytes = bytes_of(path);
  size_t matrix = bytes.find("tkhd") + 4 + 40;
  for (int i = 0; i < 4; ++i) {
    int32_t value = quarter[i] * 0x10000;
    for (int byte = 0; byte < 4; ++byte) bytes[matrix + std::array{0, 4, 12, 16}[i] + byte] = static_cast<char>(value >> 8 * (3 - byte));
  }
  put_bytes(path, bytes);
}

TEST(Reader, TurnsFramesUpright) {
  TemporaryFolder folder;
  Clip clip = moving_clip(3, 32, 48);
  auto turned = [&](std::array<int32_t, 4> quarter) {
    write_clip(folder / "a.mp4", clip);
    turn(folder / "a.mp4", quarter);
    return read_clip(folder / "a.mp4").frames;
  };
  EXPECT_GT(psnr(turned({1, 0, 0, 1}), clip.frames), 35);
  EXPECT_GT(psnr(turned({-1, 0, 0, -1}), clip.frames.rot90(2, {1, 2})), 35);
  EXPECT_GT(psnr(turned({0, 1, -1, 0}), clip.frames.rot90(-1, {1, 2})), 35);  // clockwise, as telephones write it
  EXPECT_EQ(probe(folder / "a.mp4").width, 32);
  EXPECT_GT(psnr(turned({0, -1, 1, 0}), clip.frames.rot90(1, {1, 2})), 35);
  EXPECT_GT(psnr(turned({-1, 0, 0, 1}), clip.frames.flip(2)), 35);
}

TEST(Reader, MakesPixelsSquare) {
  TemporaryFolder folder;
  Clip clip = moving_clip(4, 32, 48);
  PixelLayout pixels{.format = AV_PIX_FMT_YUV420P, .width = 48, .height = 32};
  MuxedStream stream(folder / "a.mkv", {.container = "matroska",
                                        .codec = "libx264",
                                        .codec_options = {{"crf", "10"}, {"aspect", "2/1"}},
                                        .container_options = {},
                                        .tags = {},
                                        .pixels = pixels,
                                        .fps = {100, 1}});
  RgbToYuv convert(pixels);
  for (int64_t i = 0; i < 4; ++i) stream.write(*convert(clip.frames[i]));
  stream.finish();
  Clip back = read_clip(folder / "a.mkv");
  ASSERT_EQ(back.width(), 96);
  EXPECT_GT(psnr(back.frames, resize(clip.frames, 32, 96)), 35);
  Probe found = probe(folder / "a.mkv");
  EXPECT_EQ(found.width, 96);
  EXPECT_EQ(found.frames, 4);
  EXPECT_EQ(found.fps, (Rational{100, 1}));
  EXPECT_EQ(found.codec, "h264");
}

TEST(Reader, ResamplesAGifOfVariableRate) {
  TemporaryFolder folder;
  Clip clip = moving_clip(6, 16, 16, {10, 1});
  write_clip(folder / "a.gif", clip);
  std::string bytes = bytes_of(folder / "a.gif");
  size_t control = bytes.find(std::string("\x21\xf9\x04", 3));
  bytes[control + 4] = 50;  // the first frame is shown for half a second, the others for a tenth
  put_bytes(folder / "a.gif", bytes);
  Clip back = read_clip(folder / "a.gif");
  EXPECT_EQ(back.fps, (Rational{10, 1}));
  EXPECT_EQ(back.length(), 10);
  for (int64_t i = 1; i < 5; ++i) EXPECT_TRUE(back.frames[i].equal(back.frames[0]));
  EXPECT_FALSE(back.frames[5].equal(back.frames[0]));
  EXPECT_EQ(probe(folder / "a.gif").frames, 10);
}

/// Writes frames of one colour in a format and with tags of our own choice.
void write_frames(const std::filesystem::path& path, const std::string& container, const std::string& codec, AVPixelFormat format,
                  const std::function<void(AVFrame&)>& fill) {
  const PixelLayout pixels{.format = format, .width = 64, .height = 48};
  MuxedStream stream(path, {.container = container,
                            .codec = codec,
                            .codec_options = {{"crf", "10"}, {"auto-alt-ref", "0"}},
                            .container_options = {},
                            .tags = {},
                            .pixels = pixels,
                            .fps = {16, 1}});
  for (int i = 0; i < 4; ++i) {
    ffmpeg::Frame frame = ffmpeg::new_frame();
    frame->format = format, frame->width = 64, frame->height = 48;
    ffmpeg::check(av_frame_get_buffer(frame.get(), 0), "no memory");
    fill(*frame);
    stream.write(*frame);
  }
  stream.finish();
}

TEST(Reader, LaysTransparentWebMOnWhite) {
  TemporaryFolder folder;
  write_frames(folder / "a.webm", "webm", "libvpx-vp9", AV_PIX_FMT_YUVA420P, [](AVFrame& frame) {
    for (int y = 0; y < 48; ++y)
      for (int x = 0; x < 64; ++x) {
        frame.data[0][y * frame.linesize[0] + x] = 60;
        frame.data[3][y * frame.linesize[3] + x] = x < 32 ? 255 : 0;
        for (int plane : {1, 2}) frame.data[plane][y / 2 * frame.linesize[plane] + x / 2] = 128;
      }
  });
  const Tensor frame = read_clip(folder / "a.webm").frames[1];
  EXPECT_LT(frame[24][8].max().item<int64_t>(), 80);
  EXPECT_GT(frame[24][56].min().item<int64_t>(), 245);
}

}  // namespace
}  // namespace zoetrope::media
