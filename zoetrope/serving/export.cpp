#include "zoetrope/serving/export.h"

#include <map>

#include <fmt/format.h>

#include "zoetrope/base/zip_file.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/metadata.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/media/video_writer.h"

namespace zoetrope::serving {
namespace {

namespace fs = std::filesystem;

void export_video(const fs::path& source, const media::Probe& clip, const std::string& request, const fs::path& target) {
  auto writer = media::open_writer(target, clip.width, clip.height, clip.fps, request);
  media::read_frames(source, {}, [&](const Tensor& frame) { writer->write(frame.unsqueeze(0)); });
  writer->finish();
}

void export_frames(const fs::path& source, const std::string& request, const fs::path& target) {
  base::ZipFile zip(target);
  int64_t i = 0;
  media::read_frames(source, {}, [&](const Tensor& frame) { zip.add(fmt::format("frame-{:05}.png", ++i), media::png(frame, request)); });
  zip.finish();
}

void export_last_frame(const fs::path& source, const media::Probe& clip, const std::string& request, const fs::path& target) {
  Tensor last;
  media::read_frames(source, {.begin = clip.frames - 1}, [&](const Tensor& frame) { last = frame.clone(); });
  if (!last.defined()) media::read_frames(source, {}, [&](const Tensor& frame) { last = frame.clone(); });  // it says that it is longer
  media::write_image(target, last, request);
}

}  // namespace

const std::vector<std::string>& export_names() {
  static const std::vector<std::string> names{"gif", "webp", "frames", "last_frame"};
  return names;
}

fs::path exported(const fs::path& source, const std::string& name) {
  static const std::map<std::string, std::string> suffixes{{"gif", ".gif"}, {"webp", ".webp"}, {"frames", ".zip"}, {"last_frame", ".png"}};
  const fs::path target = source.parent_path() / ("export" + suffixes.at(name));
  if (fs::exists(target)) return target;
  const std::string request = media::read_metadata(source).value_or("");
  const media::Probe clip = media::probe(source);
  if (name == "frames")
    export_frames(source, request, target);
  else if (name == "last_frame")
    export_last_frame(source, clip, request, target);
  else
    export_video(source, clip, request, target);
  return target;
}

}  // namespace zoetrope::serving
