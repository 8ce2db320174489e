#pragma once
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

#include "zoetrope/media/clip.h"

namespace zoetrope::media::test {

/// A smooth image in which every frame differs: [length,height,width,3] uint8.
inline Clip moving_clip(int64_t length, int64_t height, int64_t width, Rational fps = {16, 1}) {
  Tensor t = at::arange(length).view({length, 1, 1}), y = at::arange(height).view({1, height, 1}),
         x = at::arange(width).view({1, 1, width});
  Tensor wave = at::sin((x + 2 * t) * 0.1) * 80 + 128;
  Tensor red = wave.expand({length, height, width}), green = (y * 200.0 / static_cast<double>(height)).expand({length, height, width});
  Tensor blue = (at::cos((x + y - t) * 0.07) * 90 + 120).expand({length, height, width});
  return {at::stack({red, green, blue}, -1).clamp(0, 255).to(at::kByte).contiguous(), fps};
}

/// Peak signal-to-noise ratio in decibels.
inline double psnr(const Tensor& a, const Tensor& b) {
  double error = (a.to(at::kDouble) - b.to(at::kDouble)).square().mean().item<double>();
  return 10 * std::log10(255.0 * 255.0 / error);
}

/// What files carry in earnest: long, in several scripts, with everything that needs escaping.
inline std::string long_request() {
  std::string long_text;
  for (int i = 0; i < 9000; ++i) long_text += "红色的球 🎈 ";
  return R"({"schema":1,"prompt":"a <red> & \"blue\" ball; 'it' = \\ # \n 一只狗","note":")" + long_text + "\"}";
}

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

inline void put_bytes(const std::filesystem::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

}  // namespace zoetrope::media::test
