#include "zoetrope/world/write_dataset.h"

#include <unistd.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/media/image.h"
#include "zoetrope/media/video_writer.h"

namespace zoetrope::world {
namespace fs = std::filesystem;
namespace {

/// A folder that takes its name only when it is complete.
class AtomicFolder {
 public:
  explicit AtomicFolder(fs::path path) : path_(fs::absolute(std::move(path)).lexically_normal()) {
    if (!path_.has_filename()) path_ = path_.parent_path();  // "out/" is "out"
    if (fs::exists(path_)) throw base::UsageError("{} already exists; name a new folder, or remove it", path_.string());
    temporary_ = path_.parent_path() / fmt::format(".{}.{}.partial", path_.filename().string(), getpid());
    std::error_code failure;
    fs::create_directories(temporary_, failure);
    if (failure) throw base::Error("{} cannot be created: {}", path_.string(), failure.message());
  }
  ~AtomicFolder() {
    std::error_code ignored;
    fs::remove_all(temporary_, ignored);
  }
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  const fs::path& temporary() const { return temporary_; }
  void commit() const { fs::rename(temporary_, path_); }

 private:
  fs::path path_, temporary_;
};

}  // namespace

void write_dataset(const World& world, const data::ClipShape& shape, int64_t count, const fs::path& folder, base::Observer& observer) {
  AtomicFolder target(folder);
  std::string metadata;
  for (int64_t i = 0; i < count; ++i) {
    observer.throw_if_cancelled();
    const data::Example example = world.example(i, shape);
    const std::string name = fmt::format("{:06}.{}", i, shape.frames == 1 ? "png" : "mp4");
    if (shape.frames == 1) {
      media::write_image(target.temporary() / name, example.clip.frames[0]);
    } else {
      media::write_clip(target.temporary() / name, example.clip);
    }
    metadata +=
        base::Json{{"file_name", name}, {"caption", example.caption}, {"caption_zh", example.caption_zh}, {"truth", example.truth}}.dump() +
        "\n";
    observer.progress("rendering", i + 1, count);
  }
  base::write_file(target.temporary() / "metadata.jsonl", metadata);
  target.commit();
}

}  // namespace zoetrope::world
