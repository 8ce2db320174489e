#include "zoetrope/world/contact_sheet.h"

#include "zoetrope/media/contact_sheet.h"

namespace zoetrope::world {

Tensor contact_sheet(const World& world, const data::ClipShape& shape, int64_t count, base::Observer& observer, int64_t frames_per_row) {
  std::vector<media::SheetRow> rows;
  for (int64_t i = 0; i < count; ++i) {
    observer.throw_if_cancelled();
    data::Example example = world.example(i, shape);
    rows.push_back({example.caption + "\n" + example.caption_zh, media::some_frames(example.clip.frames, frames_per_row)});
    observer.progress("drawing", i + 1, count);
  }
  return media::labelled_sheet(rows);
}

}  // namespace zoetrope::world
