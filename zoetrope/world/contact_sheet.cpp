#include "zoetrope/world/contact_sheet.h"

#include "zoetrope/media/contact_sheet.h"

namespace zoetrope::world {

Tensor contact_sheet(const World& world, const data::ClipShape& shape, int64_t count, base::Observer& observer, int64_t frames_per_row) {
  std::vector<media::SheetRow> rows;
  for (int64_t i = 0; i < count; ++i) {
    observer.throw_if_cancelled();
    data::Example example = world.example(i, shape);
    Tensor shown = at::tensor(media::evenly_spaced(shape.frames, std::min(frames_per_row, shape.frames)), at::kLong);
    rows.push_back({example.caption + "\n" + example.caption_zh, example.clip.frames.index_select(0, shown)});
    observer.progress("drawing", i + 1, count);
  }
  return media::labelled_sheet(rows);
}

}  // namespace zoetrope::world
