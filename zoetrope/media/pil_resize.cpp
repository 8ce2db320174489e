#include "zoetrope/media/pil_resize.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace zoetrope::media {
namespace {

constexpr int fraction_bits = 22;  // of a weight: 32 less 8 of a pixel and 2 for sums of weights beyond 1

double sinc(double x) { return x == 0 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x); }

/// How far a filter reaches, in pixels of the smaller image, and its weight at a distance.
struct Filter {
  double support;
  double (*weight)(double x);
};

Filter filter_of(Resampling resampling) {
  switch (resampling) {
    case Resampling::lanczos:
      return {3, [](double x) { return std::abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0; }};
    case Resampling::bilinear:
      return {1, [](double x) { return std::max(0.0, 1 - std::abs(x)); }};
    case Resampling::bicubic:  // Keys 1981 with a = -0.5
      return {2, [](double x) {
                constexpr double a = -0.5;
                x = std::abs(x);
                if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
                return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
              }};
    case Resampling::box:
      return {0.5, [](double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0; }};
  }
  return {};
}

/// Which pixels a new one is made of, and their weights.
struct Mixture {
  int64_t first;
  std::vector<int32_t> weights;
};

std::vector<Mixture> mixtures(int64_t from, int64_t to, const Filter& filter) {
  double scale = static_cast<double>(from) / static_cast<double>(to), stretch = std::max(scale, 1.0), support = filter.support * stretch;
  std::vector<Mixture> all;
  for (int64_t i = 0; i < to; ++i) {
    double centre = (static_cast<double>(i) + 0.5) * scale;
    auto first = std::max<int64_t>(0, static_cast<int64_t>(centre - support + 0.5));
    auto end = std::min(from, static_cast<int64_t>(centre + support + 0.5));
    std::vector<double> weights;
    double sum = 0;
    for (int64_t x = first; x < end; ++x) {
      weights.push_back(filter.weight((static_cast<double>(x) - centre + 0.5) * (1 / stretch)));
      sum += weights.back();
    }
    Mixture mixture{first, {}};
    for (double weight : weights) {
      double whole = (sum == 0 ? weight : weight / sum) * (1 << fraction_bits);
      mixture.weights.push_back(static_cast<int32_t>(whole + (whole < 0 ? -0.5 : 0.5)));
    }
    all.push_back(std::move(mixture));
  }
  return all;
}

/// Mixes along one axis: `lines` lines of pixels, `stride` bytes apart, in which pixels are `step` bytes apart.
void mix(const uint8_t* from, uint8_t* to, const std::vector<Mixture>& all, int64_t lines, int64_t from_stride, int64_t to_stride,
         int64_t from_step, int64_t to_step) {
  constexpr int64_t channels = 3;
  for (int64_t line = 0; line < lines; ++line)
    for (size_t i = 0; i < all.size(); ++i)
      for (int64_t c = 0; c < channels; ++c) {
        int32_t sum = 1 << (fraction_bits - 1);
        const uint8_t* pixel = from + line * from_stride + all[i].first * from_step + c;
        for (int32_t weight : all[i].weights) {
          sum += *pixel * weight;
          pixel += from_step;
        }
        to[line * to_stride + static_cast<int64_t>(i) * to_step + c] = static_cast<uint8_t>(std::clamp(sum >> fraction_bits, 0, 255));
      }
}

Tensor resize_width(const Tensor& image, int64_t width, const Filter& filter) {
  int64_t H = image.size(0), W = image.size(1);
  if (W == width) return image;
  Tensor out = at::empty({H, width, 3}, at::kByte);
  mix(image.data_ptr<uint8_t>(), out.data_ptr<uint8_t>(), mixtures(W, width, filter), H, 3 * W, 3 * width, 3, 3);
  return out;
}

Tensor resize_height(const Tensor& image, int64_t height, const Filter& filter) {
  int64_t H = image.size(0), W = image.size(1);
  if (H == height) return image;
  Tensor out = at::empty({height, W, 3}, at::kByte);
  mix(image.data_ptr<uint8_t>(), out.data_ptr<uint8_t>(), mixtures(H, height, filter), W, 3, 3, 3 * W, 3 * W);
  return out;
}

}  // namespace

Tensor pil_resize(const Tensor& image, int64_t height, int64_t width, Resampling resampling) {
  Filter filter = filter_of(resampling);
  // Pillow 13 begins with the columns where the height shrinks by far more pixels than the width; the rounding in between shows which.
  int64_t lost_rows = image.size(0) - height, lost_columns = image.size(1) - width;
  if (lost_rows > 0 && lost_rows > 2 * lost_columns) return resize_width(resize_height(image.contiguous(), height, filter), width, filter);
  return resize_height(resize_width(image.contiguous(), width, filter), height, filter);
}

}  // namespace zoetrope::media
