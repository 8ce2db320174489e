#include "cli/outputs.h"

#include <gmock/gmock.h>

#include "tests/complaint.h"
#include "tests/media/clips.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/version.h"
#include "zoetrope/media/image.h"

namespace zoetrope::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct OutputsTest : testing::Test {
  OutputsTest() {
    fs::create_directories(folder / "model");
    base::write_file(folder / "theirs.png", "a picture");
    media::write_image(folder / "ours.png", media::test::moving_clip(1, 16, 16).frames[0], base::program_mark());
  }
  std::string refusal(const fs::path& output, const std::vector<fs::path>& sources = {}, bool overwrite = false) {
    return complaint<base::UsageError>([&] { check_outputs({folder / "new.png", output}, sources, {.overwrite = overwrite}); });
  }
  TemporaryFolder folder;
};

TEST_F(OutputsTest, MayBeNewOrOursOrWhateverThePersonSays) {
  EXPECT_NO_THROW(check_outputs({folder / "new.png", folder / "ours.png", ""}, {"", folder / "theirs.png"}, {}));
  EXPECT_THAT(refusal(folder / "theirs.png"),
              HasSubstr("theirs.png' exists and was not made by this program; give the result another name"));
  EXPECT_NO_THROW(check_outputs({folder / "theirs.png"}, {}, {.overwrite = true}));
}

TEST_F(OutputsTest, AreNeverWhatIsRead) {
  for (bool overwrite : {false, true}) {
    const std::string read = "is read for this and would be written over";
    EXPECT_THAT(refusal(folder / "ours.png", {folder / "ours.png"}, overwrite), HasSubstr(read));
    EXPECT_THAT(refusal(folder / "model/../ours.png", {folder / "ours.png"}, overwrite), HasSubstr(read));
    fs::remove(folder / "linked.png"), fs::remove(folder / "hard.png");
    fs::create_symlink(folder / "ours.png", folder / "linked.png");
    fs::create_hard_link(folder / "ours.png", folder / "hard.png");
    EXPECT_THAT(refusal(folder / "linked.png", {folder / "ours.png"}, overwrite), HasSubstr(read));
    EXPECT_THAT(refusal(folder / "hard.png", {folder / "ours.png"}, overwrite), HasSubstr(read));
    fs::copy_file(folder / "theirs.png", folder / "model/inside.png", fs::copy_options::overwrite_existing);
    EXPECT_THAT(refusal(folder / "model/inside.png", {folder / "model"}, overwrite), HasSubstr(read));
  }
  fs::copy_file(folder / "ours.png", folder / "model/clip.png");  // that was made there before
  EXPECT_NO_THROW(check_outputs({folder / "ours.png", folder / "model/new.png", folder / "model/clip.png"}, {folder / "model"}, {}));
}

}  // namespace
}  // namespace zoetrope::cli
