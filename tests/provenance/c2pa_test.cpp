#include "zoetrope/provenance/c2pa.h"

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/media/clips.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/media/video_writer.h"

namespace zoetrope::provenance {
namespace {

using media::test::bytes_of, media::test::moving_clip, media::test::put_bytes;

class C2paTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!c2pa_problem().empty()) GTEST_SKIP() << c2pa_problem();
  }
  std::filesystem::path write_signed(const std::string& name) const {
    const media::Clip clip = moving_clip(3, 64, 64);
    const std::filesystem::path file = folder / name;
    auto seal = [&](const std::filesystem::path& finished) { sign_file(finished, file, local_credentials(folder / "signing.pem")); };
    if (media::is_image_path(file)) {
      media::write_image(file, clip.frames[0], R"({"schema":"zoetrope/request/2"})", seal);
    } else {
      auto writer = media::open_writer(file, 64, 64, clip.fps, R"({"schema":"zoetrope/request/2"})", {}, seal);
      writer->write(clip.frames);
      writer->finish();
    }
    return file;
  }
  TemporaryFolder folder;
};

TEST_F(C2paTest, SignsEveryFormatThatHoldsManifests) {
  for (const char* name : {"a.mp4", "a.mov", "a.png", "a.jpg", "a.webp"}) {
    const std::filesystem::path file = write_signed(name);
    const std::optional<Manifest> found = read_manifest(file);
    ASSERT_TRUE(found) << name;
    EXPECT_TRUE(found->is_valid) << name << fmt::format("{}", fmt::join(found->problems, ", "));
    EXPECT_FALSE(found->is_trusted);
    EXPECT_EQ(found->signer, "zoetrope local signer");
    EXPECT_EQ(found->made_by, "zoetrope");
    EXPECT_TRUE(found->generated);
    EXPECT_TRUE(media::read_metadata(file)) << name;  // is still there
    EXPECT_GE(media::read_clip(file).length(), 1) << name;
  }
  EXPECT_FALSE(can_hold_manifest("a.webm") || can_hold_manifest("a.gif") || can_hold_manifest("a.safetensors"));
}

TEST_F(C2paTest, TellsAFlippedByte) {
  for (const char* name : {"a.mp4", "a.png"}) {
    const std::filesystem::path file = write_signed(name);
    std::string bytes = bytes_of(file);
    bytes[bytes.size() - 40] ^= 1;
    put_bytes(file, bytes);
    const std::optional<Manifest> found = read_manifest(file);
    ASSERT_TRUE(found) << name;
    EXPECT_FALSE(found->is_valid) << name;
    EXPECT_FALSE(found->problems.empty()) << name;
  }
}

TEST_F(C2paTest, OtherFilesHaveNone) {
  media::write_image(folder / "a.png", at::zeros({8, 8, 3}, at::kByte));
  put_bytes(folder / "b.txt", "words");
  put_bytes(folder / "c.mp4",
            "\0\0\0\x18"
            "ftypmp42");
  EXPECT_FALSE(read_manifest(folder / "a.png"));
  EXPECT_FALSE(read_manifest(folder / "b.txt"));
  const auto broken = read_manifest(folder / "c.mp4");
  EXPECT_TRUE(!broken || !broken->is_valid);
}

TEST(Credentials, OfTheMachineAreMadeOnceAndForItsOwnerAlone) {
  TemporaryFolder folder;
  const Credentials first = local_credentials(folder / "sub" / "signing.pem");
  EXPECT_EQ(local_credentials(folder / "sub" / "signing.pem").key, first.key);
  EXPECT_EQ(first.algorithm, "es256");
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(folder / "sub" / "signing.pem").permissions(), perms::owner_read | perms::owner_write);
}

TEST(Credentials, ThatDoNotFitAreRefused) {
  TemporaryFolder folder;
  const Credentials one = local_credentials(folder / "one.pem"), two = local_credentials(folder / "two.pem");
  put_bytes(folder / "key.pem", one.key), put_bytes(folder / "cert.pem", one.certificates),
      put_bytes(folder / "other.pem", two.certificates);
  EXPECT_EQ(read_credentials(folder / "key.pem", folder / "cert.pem").algorithm, "es256");
  EXPECT_THROW(read_credentials(folder / "key.pem", folder / "other.pem"), base::Error);
  EXPECT_THROW(read_credentials(folder / "cert.pem", folder / "cert.pem"), base::Error);
  EXPECT_THROW(read_credentials(folder / "key.pem", folder / "key.pem"), base::Error);
}

}  // namespace
}  // namespace zoetrope::provenance
