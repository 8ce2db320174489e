#include "zoetrope/provenance/verify.h"

#include <gtest/gtest.h>

#include "tests/media/clips.h"
#include "tests/temporary_folder.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/video_writer.h"
#include "zoetrope/provenance/marks.h"

namespace zoetrope::provenance {
namespace {

using media::test::bytes_of, media::test::moving_clip, media::test::put_bytes;

const std::string made_by = R"({"schema":"zoetrope/request/2","prompt":"a cat","seed":7})";

State state_of(const Verification& found, const std::string& name) {
  for (const Layer& l : found.layers)
    if (l.name == name) return l.state;
  ADD_FAILURE() << "no layer " << name;
  return State::missing;
}

class VerifyTest : public testing::Test {
 protected:
  TemporaryFolder folder;
  std::filesystem::path write(const std::string& name, const media::Metadata& metadata) const {
    const media::Clip clip = moving_clip(3, 64, 64);
    media::is_image_path(name) ? media::write_image(folder / name, clip.frames[0], metadata)
                               : media::write_clip(folder / name, clip, metadata);
    return folder / name;
  }
};

TEST_F(VerifyTest, OurFilesAreIntact) {
  for (const char* name : {"a.mp4", "a.webm", "a.mkv", "a.png", "a.jpg", "a.webp"}) {
    const Verification found = verify(write(name, metadata_of({}, made_by)));
    EXPECT_EQ(found.verdict(), State::intact) << name << to_json(found).dump(1);
    EXPECT_EQ(state_of(found, "aigc"), State::intact) << name;
    EXPECT_EQ(found.request["prompt"], "a cat");
  }
}

TEST_F(VerifyTest, OtherFilesHaveNothing) {
  EXPECT_EQ(verify(write("a.mp4", {})).verdict(), State::missing);
  EXPECT_EQ(verify(write("b.png", R"({"Software":"another"})")).verdict(), State::missing);
  put_bytes(folder / "notes.txt", "words");
  EXPECT_EQ(verify(folder / "notes.txt").verdict(), State::missing);
  EXPECT_EQ(to_json(verify(folder / "notes.txt"))["verdict"], "nothing found");
}

TEST_F(VerifyTest, TellsAnotherRequest) {
  const media::Metadata ours = metadata_of({}, made_by);
  std::string other = ours.request;
  other.replace(other.find("cat"), 3, "dog");
  const Verification found = verify(write("a.png", {other, ours.aigc}));
  EXPECT_EQ(state_of(found, "aigc"), State::altered);
  EXPECT_EQ(found.verdict(), State::altered);
}

TEST_F(VerifyTest, TellsALabelThatWasTakenOut) {
  EXPECT_EQ(state_of(verify(write("a.png", metadata_of({}, made_by).request)), "aigc"), State::altered);
  EXPECT_EQ(state_of(verify(write("b.png", metadata_of(Marks::none(), made_by))), "aigc"), State::missing);
  EXPECT_EQ(verify(folder / "b.png").verdict(), State::intact);
}

}  // namespace
}  // namespace zoetrope::provenance
