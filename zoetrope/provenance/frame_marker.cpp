#include "zoetrope/provenance/frame_marker.h"

#include <algorithm>
#include <cmath>

namespace zoetrope::provenance {
namespace {

std::string prompt_of(const std::string& request) {
  const base::Json json = base::Json::parse(request, nullptr, /*allow_exceptions=*/false);
  return json.is_object() && json.contains("prompt") && json["prompt"].is_string() ? json["prompt"].get<std::string>() : "";
}

}  // namespace

FrameMarker::FrameMarker(Marks marks, std::string request, int64_t width, int64_t height, double fps)
    : marks_(std::move(marks)), request_(std::move(request)) {
  if (marks_.watermark) pattern_ = Watermark().pattern(payload_of(request_), height, width);
  if (!marks_.label) return;
  label_.emplace(marks_.label_text.empty() ? label_text_for(prompt_of(request_)) : marks_.label_text, marks_.label_size, width, height);
  labelled_ = std::max<int64_t>(1, std::llround(std::ceil(marks_.label_seconds * fps)));
}

Tensor FrameMarker::mark(const Tensor& frames, const Tensor& generated) {
  Tensor marked = pattern_.defined() ? add_pattern(frames, pattern_, generated) : frames;
  const int64_t n = frames.size(0), with_label = std::clamp<int64_t>(labelled_ - frames_, 0, n);
  frames_ += n;
  if (with_label == 0) return marked;
  if (!pattern_.defined()) marked = marked.clone();  // the caller's own stay as they are
  label_->draw(marked.narrow(0, 0, with_label));
  return marked;
}

media::Metadata FrameMarker::metadata(bool is_signed) const {
  base::Json others = base::Json::object();
  if (marks_.watermark) others["watermark"] = true;
  if (is_signed) others["c2pa"] = true;
  if (label_) {
    const Box box = label_->box();
    others["label"] = {{"text", label_->text()},
                       {"box", base::Json::array({box.left, box.top, box.width, box.height})},
                       {"seconds", marks_.label_seconds}};
  }
  return metadata_of(marks_, request_, others);
}

std::optional<LabelPlace> label_place(const std::string& request) try {
  const base::Json json = base::Json::parse(request, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("marks") || !json["marks"].contains("label")) return std::nullopt;
  const base::Json& label = json["marks"]["label"];
  const std::vector<int64_t> box = label.at("box");
  if (box.size() != 4 || std::ranges::any_of(box, [](int64_t side) { return side < 0 || side > 1 << 16; }) || box[2] < 1 || box[3] < 1)
    return std::nullopt;
  return LabelPlace{{box[0], box[1], box[2], box[3]}, label.at("seconds").get<double>()};
} catch (const base::Json::exception&) {
  return std::nullopt;  // not as we write it
}

}  // namespace zoetrope::provenance
