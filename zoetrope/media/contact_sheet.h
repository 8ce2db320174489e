#pragma once
#include <string>
#include <vector>

#include "zoetrope/media/clip.h"

namespace zoetrope::media {

/// `count` frames of a clip, evenly spaced from the first to the last, in reading order in a grid with thin white gaps.
/// -> [H,W,3] uint8. A shorter clip gives all its frames.
Tensor contact_sheet(const Clip& clip, int64_t count = 8, int64_t columns = 4);

/// A line of a sheet: a text in any language and the frames [n,H,W,3] uint8 below it, side by side.
struct SheetRow {
  std::string label;
  Tensor frames;
};

/// Rows one below the other on white, each under its label, in as many columns as make the sheet about as wide as high; long labels are
/// wrapped to the width of the widest row. Rows may differ in size and number of frames. -> [H,W,3] uint8.
Tensor labelled_sheet(const std::vector<SheetRow>& rows);

/// The indices of `count` of `length` frames, evenly spaced from the first to the last.
std::vector<int64_t> evenly_spaced(int64_t length, int64_t count);
/// Those frames of a clip, [T,...] -> [count,...]; a shorter clip gives all.
Tensor some_frames(const Tensor& frames, int64_t count);

}  // namespace zoetrope::media
