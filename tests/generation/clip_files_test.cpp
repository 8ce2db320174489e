#include "zoetrope/generation/clip_files.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/model/tiny_model.h"
#include "tests/stops_after.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/generation/check.h"
#include "zoetrope/generation/output_file.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/provenance/frame_marker.h"
#include "zoetrope/provenance/record.h"

namespace zoetrope::generation {
namespace {

struct ClipFilesTest : testing::Test {
  ClipFilesTest() {
    request.prompt = "a red ball";
    files.saving = {unfinished_path(folder / "clip.mp4"), 0, 0};  // after every step
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path))
      if (entry.is_regular_file()) all.push_back(entry.path().filename().string());
    return all;
  }

  TemporaryFolder folder;
  model::Model model = [this] {
    test::write_tiny_model(folder / "model");
    return model::Model::load(folder / "model", {});
  }();
  Request request = default_request(model);
  ClipFiles files{
      .outputs = {folder / "clip.mp4", folder / "sheet.jpg"}, .thumbnail = folder / "first.png", .marks = provenance::Marks::none()};
  base::Observer silent;
};

TEST_F(ClipFilesTest, WritesTheClipItsSheetAndItsFirstFrame) {
  files.outputs.push_back(folder / "clip.safetensors");
  files.preview = folder / "now.webp";
  generate_files(request, model, files, silent);
  EXPECT_THAT(names(), testing::UnorderedElementsAre("clip.mp4", "sheet.jpg", "clip.safetensors", "first.png", "now.webp"));
  EXPECT_EQ(media::probe(folder / "clip.mp4").frames, request.frames);
  Tensor first = tensor::SafetensorsFile(folder / "clip.safetensors").tensor("frames")[0].mul(255).round().to(at::kByte);
  EXPECT_TRUE(media::read_image(folder / "first.png").equal(first));
  for (const char* name : {"clip.mp4", "sheet.jpg", "first.png"})
    EXPECT_EQ(read_carried_request(folder / name), to_json(request, model.identity()).dump()) << name;
}

TEST_F(ClipFilesTest, MarksPicturesWhereTheyWereGeneratedAndTensorsNever) {
  request.frames = 1;
  Tensor mask = at::zeros({request.height, request.width, 3}, at::kByte);
  mask.narrow(1, request.width / 2, request.width / 2).fill_(255);
  media::write_image(folder / "given.png", at::full({request.height, request.width, 3}, 90, at::kByte));
  media::write_image(folder / "mask.png", mask);
  request.conditions = {{.media = folder / "given.png", .denoise = 1, .mask = folder / "mask.png"}};
  files.outputs = {folder / "plain.png", folder / "plain.safetensors"};
  generate_files(request, model, files, silent);
  files.outputs = {folder / "marked.png", folder / "marked.safetensors"};
  files.marks.watermark = files.marks.label = true;
  files.marks.record = folder / "data" / "record.jsonl";
  generate_files(request, model, files, silent);
  const Tensor plain = media::read_image(folder / "plain.png"), marked = media::read_image(folder / "marked.png");
  const auto label = provenance::label_place(*read_carried_request(folder / "marked.png"));
  ASSERT_TRUE(label);
  const int64_t half = request.width / 2, above = label->box.top;
  EXPECT_TRUE(marked.narrow(1, 0, half).narrow(0, 0, above).equal(plain.narrow(1, 0, half).narrow(0, 0, above)));
  EXPECT_FALSE(marked.narrow(1, half, half).narrow(0, 0, above).equal(plain.narrow(1, half, half).narrow(0, 0, above)));
  auto tensors = [&](const char* name) { return tensor::SafetensorsFile(folder / name).tensor("frames"); };
  EXPECT_TRUE(tensors("plain.safetensors").equal(tensors("marked.safetensors")));
  EXPECT_EQ(provenance::check_record(files.marks.record).lines, 2);
}

TEST_F(ClipFilesTest, LeavesOnlyTheStateOfWhatIsUnfinishedAndFinishesIt) {
  StopsAfter stops(1);
  EXPECT_THROW(generate_files(request, model, files, stops), base::Cancelled);
  EXPECT_THAT(names(), testing::ElementsAre("clip.latents.safetensors"));
  const SavedRun begun = read_saved_run(files.saving.file);
  EXPECT_EQ(saved_run_mismatch(begun, files.saving.file, request, model), "");
  generate_files(request, model, files, silent, &begun);
  EXPECT_THAT(names(), testing::UnorderedElementsAre("clip.mp4", "sheet.jpg", "first.png"));
}

TEST_F(ClipFilesTest, WorkOnAnotherRequestOrModelIsNotGoneOnWith) {
  StopsAfter stops(1);
  EXPECT_THROW(generate_files(request, model, files, stops), base::Cancelled);
  SavedRun begun = read_saved_run(files.saving.file);
  Request other = request;
  other.seed = 7;
  EXPECT_THAT(saved_run_mismatch(begun, "a", other, model), testing::StartsWith("'seed' of the clip in 'a' is 0, not 7"));
  begun.request = "{}";
  EXPECT_THAT(saved_run_mismatch(begun, "a", request, model), testing::HasSubstr("another model"));
  begun.request = "no JSON";
  EXPECT_THAT(saved_run_mismatch(begun, "a", request, model), testing::HasSubstr("no request"));
}

}  // namespace
}  // namespace zoetrope::generation
