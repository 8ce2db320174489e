#include "zoetrope/media/contact_sheet.h"

#include <algorithm>
#include <cmath>

#include "zoetrope/base/error.h"
#include "zoetrope/media/label.h"

namespace zoetrope::media {
namespace {

constexpr int64_t gap = 4;
constexpr int64_t narrowest_label = 240;  // below that, a sentence would stand as a column of words

Tensor white(int64_t height, int64_t width) { return at::full({height, width, 3}, 255, at::kByte); }

void place(Tensor& sheet, const Tensor& image, int64_t y, int64_t x) {
  sheet.narrow(0, y, image.size(0)).narrow(1, x, image.size(1)).copy_(image);
}

/// frames [n,H,W,3] -> [H', W', 3], `columns` beside each other.
Tensor grid(const Tensor& frames, int64_t columns) {
  int64_t count = frames.size(0), height = frames.size(1), width = frames.size(2), rows = (count + columns - 1) / columns;
  Tensor sheet = white(rows * (height + gap) - gap, columns * (width + gap) - gap);
  for (int64_t i = 0; i < count; ++i) place(sheet, frames[i], i / columns * (height + gap), i % columns * (width + gap));
  return sheet;
}

/// Panels of one width, one below the other in that many columns (at least one).
Tensor in_columns(const std::vector<Tensor>& panels, int64_t columns) {
  int64_t count = std::ssize(panels), width = panels[0].size(1),
          each = (count + std::max<int64_t>(1, columns) - 1) / std::max<int64_t>(1, columns);
  std::vector<Tensor> stacks;
  int64_t height = 0;
  for (int64_t i = 0; i < count; i += each) {
    stacks.push_back(at::cat(at::TensorList(panels).slice(i, std::min(each, count - i))));
    height = std::max(height, stacks.back().size(0));
  }
  Tensor sheet = white(height, std::ssize(stacks) * (width + gap) - gap);
  for (size_t i = 0; i < stacks.size(); ++i) place(sheet, stacks[i], 0, static_cast<int64_t>(i) * (width + gap));
  return sheet;
}

}  // namespace

std::vector<int64_t> evenly_spaced(int64_t length, int64_t count) {
  count = std::min(count, length);
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < count; ++i) indices.push_back(count == 1 ? 0 : (i * (length - 1) + (count - 1) / 2) / (count - 1));
  return indices;
}

Tensor some_frames(const Tensor& frames, int64_t count) {
  return frames.index_select(0, at::tensor(evenly_spaced(frames.size(0), count), frames.options().dtype(at::kLong)));
}

Tensor contact_sheet(const Clip& clip, int64_t count, int64_t columns) {
  if (clip.length() < 1 || count < 1 || columns < 1) throw base::Error("a contact sheet needs at least one frame and one column");
  Tensor frames = some_frames(clip.frames.cpu(), count);
  return grid(frames, std::min(columns, frames.size(0)));
}

Tensor labelled_sheet(const std::vector<SheetRow>& rows) {
  std::vector<Tensor> strips;
  int64_t width = narrowest_label;
  for (const SheetRow& row : rows) {
    if (row.frames.dim() != 4 || row.frames.size(0) == 0) throw base::Error("a row of a sheet needs frames, '{}' has none", row.label);
    strips.push_back(grid(row.frames.cpu(), row.frames.size(0)));
    width = std::max(width, strips.back().size(1));
  }
  if (strips.empty()) throw base::Error("a sheet needs at least one row");
  std::vector<Tensor> panels;
  int64_t height = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    Tensor line = white(strips[i].size(0) + gap, width);
    place(line, strips[i], 0, 0);
    panels.push_back(rows[i].label.empty() ? line : at::cat({draw_label(rows[i].label, width), line}));
    height += panels.back().size(0);
  }
  return in_columns(panels, std::lround(std::sqrt(static_cast<double>(height) / static_cast<double>(width))));
}

}  // namespace zoetrope::media
