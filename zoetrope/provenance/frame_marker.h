#pragma once
#include <optional>

#include "zoetrope/provenance/marks.h"
#include "zoetrope/provenance/visible_label.h"
#include "zoetrope/provenance/watermark.h"

namespace zoetrope::provenance {

/// Puts the marks on the frames of one file, after all else that is done with them, and says what the file carries.
class FrameMarker {
 public:
  FrameMarker(Marks marks, std::string request, int64_t width, int64_t height, double fps);

  /// The next frames [n,H,W,3] uint8, marked. `generated` [n,H,W] fp32: how much of each pixel was made (`add_pattern`).
  Tensor mark(const Tensor& frames, const Tensor& generated);
  /// `is_signed`: it will be.
  media::Metadata metadata(bool is_signed) const;

 private:
  Marks marks_;
  std::string request_;
  Tensor pattern_;  // [H,W] fp32; undefined without a watermark
  std::optional<VisibleLabel> label_;
  int64_t labelled_ = 0, frames_ = 0;  // frames with a label; frames so far
};

/// Where in a frame of its size, and until when, a file of ours has a visible label, by its request; nothing where it has none.
struct LabelPlace {
  Box box;
  double seconds;
};
std::optional<LabelPlace> label_place(const std::string& request);

}  // namespace zoetrope::provenance
