// Marks clips, looks for marks, and counts false alarms: what watermark_proof.py measures with.
//   watermark-probe mark IN NUMBER              marks all frames of a clip: raw RGB on stdout, its size, change in dB, ms a frame on stderr
//   watermark-probe detect NUMBER FILE...       for each file: score and bits that fit without knowing the number, score with it
//   watermark-probe alarms COUNT SEED FILE...   looks for marks in COUNT random cuts of unmarked clips; the highest scores
#include <bit>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/random.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/provenance/watermark.h"

namespace {

using namespace zoetrope;
using provenance::Watermark;

uint64_t number_in(const char* text) { return std::stoull(text, nullptr, 16); }

/// As raw RGB on stdout, which ffmpeg takes as it is; width, height and change in decibels on stderr.
void mark(const std::string& in, const char* number) {
  const Tensor frames = media::read_clip(in).frames;
  const Tensor pattern = Watermark().pattern(number_in(number), frames.size(1), frames.size(2));
  const auto begun = std::chrono::steady_clock::now();
  const Tensor marked = provenance::add_pattern(frames, pattern, {}).contiguous();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begun;
  const double error = (frames.to(at::kFloat) - marked.to(at::kFloat)).square().mean().item<double>();
  fmt::print(stderr, "{} {} {:.2f} {:.2f}\n", frames.size(2), frames.size(1), 10 * std::log10(255. * 255. / error),
             took.count() / static_cast<double>(frames.size(0)));
  std::fwrite(marked.const_data_ptr(), 1, static_cast<size_t>(marked.numel()), stdout);
}

void detect(const char* number, const std::string& file) {
  const Tensor all = media::read_clip(file).frames;
  const Tensor frames = all.index_select(0, at::linspace(0, all.size(0) - 1, std::min<int64_t>(32, all.size(0))).round().to(at::kLong));
  const Watermark::Detection d = Watermark().detect(frames), known = Watermark().detect(frames, number_in(number));
  fmt::print("{:.4f} {} {:.4f}\n", d.score, 64 - std::popcount(d.payload ^ number_in(number)), known.score);
}

/// A part of a clip that no other is: place, size, time, mirrored or not, lighter or darker.
Tensor cut(const Tensor& clip, base::Rng& random) {
  constexpr int64_t least = 96, most = 320, longest = 8;
  auto side = [&](int64_t whole) { return std::min(whole, least + static_cast<int64_t>(random.below(most - least))); };
  const int64_t h = side(clip.size(1)), w = side(clip.size(2)), n = std::min(longest, clip.size(0));
  Tensor part = clip.narrow(0, static_cast<int64_t>(random.below(clip.size(0) - n + 1)), n)
                    .narrow(1, static_cast<int64_t>(random.below(clip.size(1) - h + 1)), h)
                    .narrow(2, static_cast<int64_t>(random.below(clip.size(2) - w + 1)), w);
  if (random.chance(.5)) part = part.flip(2);
  if (random.chance(.25)) part = part.transpose(1, 2);
  const double gain = random.uniform(.6, 1.2);
  return part.to(at::kFloat).mul(gain).round().clamp(0, 255).to(at::kByte);
}

void alarms(int64_t count, uint64_t seed, const std::vector<std::string>& files) {
  double highest = 0, highest_known = 0;
  int64_t found = 0, found_known = 0;
  const int64_t each = (count + std::ssize(files) - 1) / std::ssize(files);
  for (size_t f = 0; f < files.size(); ++f) {
    const Tensor clip = media::read_clip(files[f]).frames;
    base::Rng random(base::derive_seed({seed, f}));
    for (int64_t i = 0; i < each && static_cast<int64_t>(f) * each + i < count; ++i) {
      const Tensor part = cut(clip, random);
      const Watermark::Detection d = Watermark().detect(part), known = Watermark().detect(part, random.next());
      highest = std::max(highest, d.score), highest_known = std::max(highest_known, known.score);
      found += d.found, found_known += known.found;
    }
  }
  fmt::print("{} {:.4f} {} {:.4f}\n", found, highest, found_known, highest_known);
}

}  // namespace

int main(int argc, char** argv) try {
  at::NoGradGuard no_grad;
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "mark" && argc == 4) return mark(argv[2], argv[3]), 0;
  if (what == "detect" && argc >= 4) {
    for (int i = 3; i < argc; ++i) detect(argv[2], argv[i]);
    return 0;
  }
  if (what == "alarms" && argc >= 5) return alarms(std::stoll(argv[2]), std::stoull(argv[3]), {argv + 4, argv + argc}), 0;
  fmt::print(stderr, "usage: watermark-probe mark IN NUMBER | detect NUMBER FILE... | alarms COUNT SEED FILE...\n");
  return 2;
} catch (const std::exception& error) {
  fmt::print(stderr, "watermark-probe: {}\n", error.what());
  return 1;
}
