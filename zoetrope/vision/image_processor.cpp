#include "zoetrope/vision/image_processor.h"

#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"

namespace zoetrope::vision {
namespace {

constexpr int64_t largest = 4096;  // side of what a network is shown

int64_t side(const base::Json& value) {
  if (!value.is_number_integer() || value < 1 || value > largest)
    throw base::Error("a side in preprocessor_config.json must be a whole number from 1 to {}, got {}", largest, value.dump());
  return value;
}

bool wanted(const base::Json& json, const char* key, bool otherwise) { return json.value(key, base::Json(otherwise)) == true; }

std::array<double, 3> colours(const base::Json& json, const char* key, std::array<double, 3> otherwise) {
  if (!json.contains(key)) return otherwise;
  auto values = json.at(key).get<std::vector<double>>();
  if (values.size() != 3) throw base::Error("'{}' in preprocessor_config.json must be three numbers, got {}", key, json.at(key).dump());
  return {values[0], values[1], values[2]};
}

}  // namespace

ImageProcessor ImageProcessor::read(const std::filesystem::path& folder) {
  return base::read_json_as<ImageProcessor>(folder / "preprocessor_config.json");
}

ImageProcessor ImageProcessor::from_json(const base::Json& json) {
  ImageProcessor p;
  base::Json size = json.value("size", base::Json(224));
  if (!wanted(json, "do_resize", true)) {
    p.height = p.width = 0;
  } else if (size.is_object() && size.contains("shortest_edge")) {
    p.shortest_edge = side(size["shortest_edge"]);
  } else if (size.is_object()) {
    p.height = side(size.at("height")), p.width = side(size.at("width"));
  } else {
    p.height = p.width = side(size);
  }
  if (wanted(json, "do_center_crop", false)) {
    base::Json crop = json.value("crop_size", base::Json(224));
    p.crop_height = side(crop.is_object() ? crop.at("height") : crop);
    p.crop_width = side(crop.is_object() ? crop.at("width") : crop);
  }
  int resample = json.value("resample", 2);
  if (resample < 1 || resample > 4)
    throw base::Error("'resample' in preprocessor_config.json must be 1 (Lanczos), 2 (bilinear), 3 (bicubic) or 4 (box), got {}", resample);
  p.resampling = static_cast<media::Resampling>(resample);
  p.rescale = wanted(json, "do_rescale", true) ? json.value("rescale_factor", p.rescale) : 1;
  p.mean = p.deviation = {0.5, 0.5, 0.5};
  if (wanted(json, "do_normalize", true)) {
    p.mean = colours(json, "image_mean", p.mean);
    p.deviation = colours(json, "image_std", p.deviation);
  } else {
    p.mean = {0, 0, 0}, p.deviation = {1, 1, 1};
  }
  return p;
}

ImageProcessor ImageProcessor::clip(int64_t side) {
  return {.shortest_edge = side,
          .crop_height = side,
          .crop_width = side,
          .resampling = media::Resampling::bicubic,
          .mean = {0.48145466, 0.4578275, 0.40821073},
          .deviation = {0.26862954, 0.26130258, 0.27577711}};
}

Tensor ImageProcessor::operator()(const Tensor& image) const {
  Tensor x = image;  // [H,W,3]
  if (shortest_edge > 0) {
    int64_t H = x.size(0), W = x.size(1), shorter = std::min(H, W);
    x = media::pil_resize(x, shortest_edge * H / shorter, shortest_edge * W / shorter, resampling);
  } else if (height > 0) {
    x = media::pil_resize(x, height, width, resampling);
  }
  if (crop_height > 0) {
    if (crop_height > x.size(0) || crop_width > x.size(1))
      throw base::Error("a centre crop of {}x{} is larger than the image of {}x{}", crop_width, crop_height, x.size(1), x.size(0));
    x = x.narrow(0, (x.size(0) - crop_height) / 2, crop_height).narrow(1, (x.size(1) - crop_width) / 2, crop_width);
  }
  auto by_channel = [](const std::array<double, 3>& v) { return at::tensor(at::ArrayRef<double>(v), at::kFloat); };
  x = (x.to(at::kDouble) * rescale).to(at::kFloat);
  return ((x - by_channel(mean)) / by_channel(deviation)).permute({2, 0, 1}).unsqueeze(0).contiguous();
}

}  // namespace zoetrope::vision
