#include "zoetrope/autoencoder/wan_layers.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "zoetrope/nn/attention.h"

namespace zoetrope::autoencoder {
namespace {

constexpr std::array<int64_t, 3> cube{3, 3, 3}, line{3, 1, 1};

/// Frames one after the other as a batch of pictures: [B,C,T,H,W] -> [B*T,C,H,W].
Tensor to_pictures(const Tensor& x) { return x.transpose(1, 2).flatten(0, 1); }
Tensor to_frames(const Tensor& pictures, int64_t batch) { return pictures.unflatten(0, {batch, -1}).transpose(1, 2); }

/// The means of what becomes one value when time and sides shrink, in groups of channels: [B,C,T,H,W] -> [B,out,T/time,H/side,W/side].
Tensor averaged(const Tensor& x, int64_t out, int64_t time, int64_t side) {
  int64_t missing = (time - x.size(2) % time) % time;
  Tensor padded = at::constant_pad_nd(x, {0, 0, 0, 0, missing, 0});
  Tensor parts = padded.unflatten(4, {-1, side}).unflatten(3, {-1, side}).unflatten(2, {-1, time});  // [B,C,T,time,H,side,W,side]
  parts = parts.permute({0, 1, 3, 5, 7, 2, 4, 6}).flatten(1, 4);
  return parts.unflatten(1, {out, -1}).mean(2);
}

/// Copies of each value where time and sides grow: [B,C,T,H,W] -> [B,out,T*time,H*side,W*side]; in the first chunk, whose only frame
/// stays one, the last of its copies.
Tensor copied(const Tensor& x, int64_t out, int64_t time, int64_t side, bool first_chunk) {
  int64_t copies = out * time * side * side / x.size(1);
  Tensor parts = x.repeat_interleave(copies, 1).unflatten(1, {out, time, side, side});  // [B,out,time,side,side,T,H,W]
  Tensor grown = parts.permute({0, 1, 5, 2, 6, 3, 7, 4}).flatten(6, 7).flatten(4, 5).flatten(2, 3);
  return first_chunk ? grown.slice(2, time - 1) : grown;
}

Tensor activated(const ChannelNorm& norm, const Tensor& x) {
  Tensor y = norm(x);
  return at::silu_(y);
}

/// Widths from level to level: the width at the start, then after each level.
std::vector<int64_t> widths_of(int64_t width, const std::vector<int64_t>& multiples) {
  std::vector<int64_t> widths{width};
  for (int64_t multiple : multiples) widths.push_back(width * multiple);
  return widths;
}

std::vector<WanResidualBlock> residual_blocks(const std::function<tensor::Weights(int64_t)>& place, int64_t in, int64_t out,
                                              int64_t count) {
  std::vector<WanResidualBlock> blocks;
  for (int64_t i = 0; i < count; ++i) blocks.emplace_back(place(i), i == 0 ? in : out, out);
  return blocks;
}

}  // namespace

ChannelNorm::ChannelNorm(tensor::Weights w, int64_t channels, int64_t places)
    : gamma(w.get("gamma", places == 2 ? std::vector<int64_t>{channels, 1, 1} : std::vector<int64_t>{channels, 1, 1, 1})) {}

Tensor ChannelNorm::operator()(const Tensor& x) const {
  constexpr double shortest = 1e-12;
  Tensor wide = x.to(at::kFloat);
  Tensor length = wide.norm(2, {1}, /*keepdim=*/true).clamp_min(shortest);
  Tensor unit = (wide / length).to(x.scalar_type());
  return unit.mul_((gamma * std::sqrt(static_cast<double>(gamma.size(0)))).to(x.scalar_type()));
}

WanResidualBlock::WanResidualBlock(tensor::Weights w, int64_t in, int64_t out)
    : norm1(w / "norm1", in, 3), norm2(w / "norm2", out, 3), conv1(w / "conv1", in, out, cube), conv2(w / "conv2", out, out, cube) {
  if (in != out) shortcut.emplace(w / "conv_shortcut", in, out, point);
}

Tensor WanResidualBlock::operator()(const Tensor& x, nn::Past& past) const {
  Tensor around = shortcut ? shortcut->without_past(x) : x;
  Tensor y = conv1(activated(norm1, x), past);
  return conv2(activated(norm2, y), past).add_(around);
}

WanAttentionBlock::WanAttentionBlock(tensor::Weights w, int64_t width)
    : norm(w / "norm", width, 2), to_qkv(w / "to_qkv", width, 3 * width, 1), out(w / "proj", width, width, 1) {}

Tensor WanAttentionBlock::operator()(const Tensor& x) const {
  Tensor pictures = to_pictures(x);                                                                     // [n,C,H,W]
  auto qkv = to_qkv(norm(pictures)).flatten(2).transpose(1, 2).unsqueeze(1).contiguous().chunk(3, -1);  // [n,1,H*W,C] each
  Tensor seen = nn::attend(qkv[0], qkv[1], qkv[2]).squeeze(1).transpose(1, 2).reshape(pictures.sizes());
  return x + to_frames(out(seen), x.size(0));
}

WanMiddle::WanMiddle(tensor::Weights w, int64_t width)
    : first(w / "resnets" / 0, width, width), attention(w / "attentions" / 0, width), second(w / "resnets" / 1, width, width) {}

Tensor WanMiddle::operator()(const Tensor& x, nn::Past& past) const { return second(attention(first(x, past)), past); }

WanDown::WanDown(tensor::Weights w, int64_t width, bool halves_time)
    : weight((w / "resample" / 1).get("weight", {width, width, 3, 3})), bias((w / "resample" / 1).get("bias", {width})) {
  if (halves_time) time.emplace(w / "time_conv", width, width, line, /*stride=*/2);
}

Tensor WanDown::operator()(const Tensor& x, nn::Past& past) const {
  Tensor padded = at::constant_pad_nd(to_pictures(x), {0, 1, 0, 1});
  Tensor half = to_frames(at::conv2d(padded, weight.to(x.scalar_type()), bias.to(x.scalar_type()), {2, 2}), x.size(0));
  if (!time) return half;
  Tensor with_last = past.behind(half, 1);
  return past.first_chunk() ? half : time->without_past(with_last);
}

WanUp::WanUp(tensor::Weights w, int64_t in, int64_t out, bool doubles_time) : conv(w / "resample" / 1, in, out, 3) {
  if (doubles_time) time.emplace(w / "time_conv", in, 2 * in, line);
}

Tensor WanUp::operator()(const Tensor& x, nn::Past& past) const {
  Tensor frames = x;
  if (time && past.first_chunk()) {
    past.skip(time->frames_before());
  } else if (time) {
    Tensor pairs = (*time)(x, past).unflatten(1, {2, -1}).permute({0, 3, 1, 4, 5, 2});  // [B,T,2,H,W,C]
    frames = pairs.flatten(1, 2).permute({0, 4, 1, 2, 3});                              // [B,C,2T,H,W]
  }
  std::vector<Tensor> large;  // one frame at a time: before the convolution it takes twice the memory that is needed behind it
  for (const Tensor& frame : frames.unbind(2))
    large.push_back(conv(at::_upsample_nearest_exact2d(frame, {2 * x.size(3), 2 * x.size(4)})).unsqueeze(2));
  return at::cat(large, 2);
}

Tensor WanDownLevel::operator()(const Tensor& x, nn::Past& past) const {
  Tensor y = x;
  for (const WanResidualBlock& block : blocks) y = block(y, past);
  if (down) y = (*down)(y, past);
  return shortcut ? y + averaged(x, out, down && down->time ? 2 : 1, down ? 2 : 1) : y;
}

Tensor WanUpLevel::operator()(const Tensor& x, nn::Past& past) const {
  Tensor y = x;
  for (const WanResidualBlock& block : blocks) y = block(y, past);
  if (!up) return y;
  y = (*up)(y, past);
  return shortcut ? y + copied(x, out, up->time ? 2 : 1, 2, past.first_chunk()) : y;
}

WanEncoder::WanEncoder(tensor::Weights w, const WanConfig& c)
    : in(w / "conv_in", 3 * c.patch * c.patch, c.encoder_width, cube),
      levels([&] {
        std::vector<int64_t> widths = widths_of(c.encoder_width, c.multiples);
        std::vector<WanDownLevel> levels;
        int64_t layer = 0;  // in Wan2.1 blocks and changes of resolution are numbered through
        for (size_t i = 0; i + 1 < widths.size(); ++i) {
          bool last = i + 2 == widths.size();
          tensor::Weights level = w / "down_blocks" / static_cast<int64_t>(i);
          auto place = [&](int64_t block) { return c.shortcuts ? level / "resnets" / block : w / "down_blocks" / (layer + block); };
          levels.push_back({residual_blocks(place, widths[i], widths[i + 1], c.blocks), {}, c.shortcuts, widths[i + 1]});
          layer += c.blocks;
          if (last) continue;
          levels.back().down.emplace(c.shortcuts ? level / "downsampler" : w / "down_blocks" / layer, widths[i + 1], c.halves_time[i]);
          ++layer;
        }
        return levels;
      }()),
      middle(w / "mid_block", levels.back().out),
      norm(w / "norm_out", levels.back().out, 3),
      out(w / "conv_out", levels.back().out, 2 * c.latent_channels, cube) {}

Tensor WanEncoder::operator()(const Tensor& frames, nn::Past& past) const {
  auto halves_time = [](const WanDownLevel& level) { return level.down && level.down->time; };
  auto small = std::find_if(levels.begin(), levels.end(), halves_time);  // before it no two frames become one
  Tensor x = nn::frame_by_frame(frames, past, [&](const Tensor& frame) {
    Tensor y = in(frame, past);
    for (auto level = levels.begin(); level != small; ++level) y = (*level)(y, past);
    return y;
  });
  for (auto level = small; level != levels.end(); ++level) x = (*level)(x, past);
  return out(activated(norm, middle(x, past)), past);
}

WanDecoder::WanDecoder(tensor::Weights w, const WanConfig& c)
    : in(w / "conv_in", c.latent_channels, c.decoder_width * c.multiples.back(), cube),
      middle(w / "mid_block", c.decoder_width * c.multiples.back()),
      levels([&] {
        std::vector<int64_t> multiples(c.multiples.rbegin(), c.multiples.rend());
        std::vector<WanUpLevel> levels;
        for (size_t i = 0; i < multiples.size(); ++i) {
          bool last = i + 1 == multiples.size();
          int64_t in = c.decoder_width * multiples[i == 0 ? 0 : i - 1], out = c.decoder_width * multiples[i];
          if (i > 0 && !c.shortcuts) in /= 2;  // the way up halved the width
          tensor::Weights level = w / "up_blocks" / static_cast<int64_t>(i);
          auto place = [&](int64_t block) { return level / "resnets" / block; };
          levels.push_back({residual_blocks(place, in, out, c.blocks + 1), {}, c.shortcuts, out});
          if (last) continue;
          bool doubles_time = c.halves_time[c.halves_time.size() - 1 - i];
          levels.back().up.emplace(c.shortcuts ? level / "upsampler" : level / "upsamplers" / 0, out, c.shortcuts ? out : out / 2,
                                   doubles_time);
        }
        return levels;
      }()),
      norm(w / "norm_out", levels.back().out, 3),
      out(w / "conv_out", levels.back().out, 3 * c.patch * c.patch, cube) {}

Tensor WanDecoder::features(const Tensor& z, nn::Past& past) const { return middle(in(z, past), past); }

Tensor WanDecoder::frames(const Tensor& x, nn::Past& past, const WanBand& band) const {
  auto doubles_time = [](const WanUpLevel& level) { return level.up && level.up->time; };
  auto large = std::find_if(levels.rbegin(), levels.rend(), doubles_time).base();  // from here on no frame becomes two
  auto through = [&](auto from, auto to, Tensor y) {
    for (auto level = from; level != to; ++level) {
      y = (*level)(y, past);
      if (level->up) y = band.kept(y, level - levels.begin(), 2);
    }
    return y;
  };
  return nn::frame_by_frame(through(levels.begin(), large, x), past, [&](const Tensor& frame) {
    Tensor y = through(large, levels.end(), frame);
    return band.kept(out(activated(norm, y), past), levels.size() - 1, 1);
  });
}

WanBand WanDecoder::band(int dim, int64_t cells, Span wanted) const {
  int64_t there = cells;
  for (const WanUpLevel& level : levels) there *= level.up ? 2 : 1;
  auto with_neighbours = [&](Span span, int64_t reach) {
    return Span{std::max<int64_t>(0, span.begin - reach), std::min(there, span.end + reach)};
  };
  WanBand band{dim, std::vector<Span>(levels.size() + 1)};
  band.cells.back() = wanted;
  for (size_t i = levels.size(); i-- > 0;) {  // a convolution of three cells reaches one further
    Span seen = with_neighbours(band.cells[i + 1], 1);
    if (levels[i].up) there /= 2, seen = {seen.begin / 2, (seen.end + 1) / 2};
    band.cells[i] = with_neighbours(seen, 2 * std::ssize(levels[i].blocks));
  }
  return band;
}

}  // namespace zoetrope::autoencoder
