#include "zoetrope/generation/clip_files.h"

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/generation/generate.h"
#include "zoetrope/generation/kept_latents.h"
#include "zoetrope/generation/output_file.h"
#include "zoetrope/generation/preview_file.h"
#include "zoetrope/provenance/record.h"

namespace zoetrope::generation {
namespace {

/// Writes what comes to several files.
class Tee : public FrameSink {
 public:
  void add(std::unique_ptr<FrameSink> sink) { sinks_.push_back(std::move(sink)); }
  void latents(const Tensor& latents) override {
    for (auto& sink : sinks_) sink->latents(latents);
  }
  void frames(const Tensor& frames, const Tensor& generated) override {
    for (auto& sink : sinks_) sink->frames(frames, generated);
  }
  void finish() override {
    for (auto& sink : sinks_) sink->finish();
  }

 private:
  std::vector<std::unique_ptr<FrameSink>> sinks_;
};

/// Hands on the first frame only.
class FirstFrame : public FrameSink {
 public:
  explicit FirstFrame(std::unique_ptr<FrameSink> image) : image_(std::move(image)) {}
  void frames(const Tensor& frames, const Tensor& generated) override {
    if (!seen_) image_->frames(frames.narrow(0, 0, 1), generated.defined() ? generated.narrow(0, 0, 1) : generated);
    seen_ = true;
  }
  void finish() override { image_->finish(); }

 private:
  std::unique_ptr<FrameSink> image_;
  bool seen_ = false;
};

/// Adds the files to the creation record. The clip is there: it is not lost because the record cannot be written.
void record(const ClipFiles& files, const std::string& request, base::Observer& observer) try {
  for (const std::filesystem::path& file : files.outputs) provenance::append_to_record(files.marks.record, file, request);
} catch (const std::exception& error) {
  observer.notice(error.what());
}

}  // namespace

std::filesystem::path unfinished_path(const std::filesystem::path& clip) { return base::with_ending(clip, ".latents.safetensors"); }

void generate_files(const Request& r, const model::Model& model, const ClipFiles& files, base::Observer& observer, const SavedRun* resume) {
  const OutputShape shape{r.width, r.height, r.fps, sounds_of(r)};
  const std::string request = to_json(r, model.identity()).dump();
  std::optional<PreviewFile> preview;
  if (!files.preview.empty())
    preview.emplace(observer, files.preview, media::Rational{r.fps.numerator, r.fps.denominator * model.geometry().time});
  Tee sink;
  for (const std::filesystem::path& file : files.outputs) sink.add(open_output(file, shape, request, files.marks));
  if (!files.thumbnail.empty()) sink.add(std::make_unique<FirstFrame>(open_output(files.thumbnail, shape, request, files.marks)));
  if (files.keep_latents) sink.add(open_kept_latents(files.outputs.front(), r, model));
  generate(r, model, sink, preview ? *preview : observer, files.saving, resume);
  sink.finish();
  if (!files.marks.record.empty()) record(files, request, observer);
  std::filesystem::remove(files.saving.file);  // the clip is whole
}

std::string saved_run_mismatch(const SavedRun& run, const std::filesystem::path& file, const Request& request, const model::Model& model) {
  const base::Json begun = base::Json::parse(run.request, nullptr, /*allow_exceptions=*/false), asked = to_json(request, model.identity());
  if (!begun.is_object()) return fmt::format("'{}' holds no request", file.string());
  if (const auto made_by = model_of(begun); !made_by || made_by->sha256 != model.fingerprint())
    return fmt::format("'{}' was begun with another model{}", file.string(), made_by ? ", " + words_for(*made_by) : "");
  for (const auto& [key, value] : asked.items())
    if (key != "program" && key != "model" && begun.value(key, base::Json()) != value)
      return fmt::format("'{}' of the clip in '{}' is {}, not {}; only the output may be another", key, file.string(),
                         begun.value(key, base::Json()).dump(), value.dump());
  return "";
}

}  // namespace zoetrope::generation
