#include "zoetrope/autoencoder/wan/layers.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "zoetrope/nn/attention.h"

namespace zoetrope::autoencoder::wan {
namespace {

constexpr std::array<int64_t, 3> k3{3, 3, 3}, k3t{3, 1, 1};

/// Frames one after the other as a batch of images: [B,C,T,H,W] -> [B*T,C,H,W].
Tensor to_images(const Tensor& x) { return x.transpose(1, 2).flatten(0, 1); }
Tensor to_frames(const Tensor& images, int64_t batch) { return images.unflatten(0, {batch, -1}).transpose(1, 2); }

/// The means of what becomes one value when time and sides shrink, in groups of channels: [B,C,T,H,W] -> [B,out,T/time,H/side,W/side].
Tensor avg_down(const Tensor& x, int64_t out, int64_t time, int64_t side) {
  int64_t missing = (time - x.size(2) % time) % time;
  Tensor padded = at::constant_pad_nd(x, {0, 0, 0, 0, missing, 0});
  Tensor parts = padded.unflatten(4, {-1, side}).unflatten(3, {-1, side}).unflatten(2, {-1, time});  // [B,C,T,time,H,side,W,side]
  parts = parts.permute({0, 1, 3, 5, 7, 2, 4, 6}).flatten(1, 4);
  return parts.unflatten(1, {out, -1}).mean(2);
}

/// Copies of each value where time and sides grow: [B,C,T,H,W] -> [B,out,T*time,H*side,W*side]; in the first chunk, whose only frame
/// stays one, the last of its copies.
Tensor dup_up(const Tensor& x, int64_t out, int64_t time, int64_t side, bool first_chunk) {
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
std::vector<int64_t> widths_of(int64_t width, const std::vector<int64_t>& dim_mult) {
  std::vector<int64_t> widths{width};
  for (int64_t multiple : dim_mult) widths.push_back(width * multiple);
  return widths;
}

std::vector<ResidualBlock> residual_blocks(const std::function<tensor::Weights(int64_t)>& place, int64_t in, int64_t out, int64_t count) {
  std::vector<ResidualBlock> blocks;
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

ResidualBlock::ResidualBlock(tensor::Weights w, int64_t in, int64_t out)
    : norm1(w / "norm1", in, 3), norm2(w / "norm2", out, 3), conv1(w / "conv1", in, out, k3), conv2(w / "conv2", out, out, k3) {
  if (in != out) shortcut.emplace(w / "conv_shortcut", in, out, k1);
}

Tensor ResidualBlock::operator()(const Tensor& x, nn::FeatureCache& cache) const {
  Tensor around = shortcut ? shortcut->forward(x) : x;
  Tensor y = conv1(activated(norm1, x), cache);
  return conv2(activated(norm2, y), cache).add_(around);
}

AttentionBlock::AttentionBlock(tensor::Weights w, int64_t width)
    : norm(w / "norm", width, 2), to_qkv(w / "to_qkv", width, 3 * width, 1), out(w / "proj", width, width, 1) {}

Tensor AttentionBlock::operator()(const Tensor& x) const {
  Tensor images = to_images(x);                                                                       // [n,C,H,W]
  auto qkv = to_qkv(norm(images)).flatten(2).transpose(1, 2).unsqueeze(1).contiguous().chunk(3, -1);  // [n,1,H*W,C] each
  Tensor seen = nn::attention(qkv[0], qkv[1], qkv[2]).squeeze(1).transpose(1, 2).reshape(images.sizes());
  return x + to_frames(out(seen), x.size(0));
}

Middle::Middle(tensor::Weights w, int64_t width)
    : first(w / "resnets" / 0, width, width), attention(w / "attentions" / 0, width), second(w / "resnets" / 1, width, width) {}

Tensor Middle::operator()(const Tensor& x, nn::FeatureCache& cache) const { return second(attention(first(x, cache)), cache); }

Down::Down(tensor::Weights w, int64_t width, bool temporal_downsample)
    : weight((w / "resample" / 1).get("weight", {width, width, 3, 3})), bias((w / "resample" / 1).get("bias", {width})) {
  if (temporal_downsample) time.emplace(w / "time_conv", width, width, k3t, /*stride=*/2);
}

Tensor Down::operator()(const Tensor& x, nn::FeatureCache& cache) const {
  Tensor padded = at::constant_pad_nd(to_images(x), {0, 1, 0, 1});
  Tensor half = to_frames(at::conv2d(padded, weight.to(x.scalar_type()), bias.to(x.scalar_type()), {2, 2}), x.size(0));
  if (!time) return half;
  Tensor with_last = cache.prepend(time->name, half, 1);
  return cache.first_chunk() ? half : time->forward(with_last);
}

Up::Up(tensor::Weights w, int64_t in, int64_t out, bool doubles_time) : conv(w / "resample" / 1, in, out, 3) {
  if (doubles_time) time.emplace(w / "time_conv", in, 2 * in, k3t);
}

Tensor Up::operator()(const Tensor& x, nn::FeatureCache& cache) const {
  Tensor frames = x;
  if (time && !cache.first_chunk()) {
    Tensor pairs = (*time)(x, cache).unflatten(1, {2, -1}).permute({0, 3, 1, 4, 5, 2});  // [B,T,2,H,W,C]
    frames = pairs.flatten(1, 2).permute({0, 4, 1, 2, 3});                               // [B,C,2T,H,W]
  }
  std::vector<Tensor> large;  // one frame at a time: before the convolution it takes twice the memory that is needed behind it
  for (const Tensor& frame : frames.unbind(2))
    large.push_back(conv(at::_upsample_nearest_exact2d(frame, {2 * x.size(3), 2 * x.size(4)})).unsqueeze(2));
  return at::cat(large, 2);
}

Tensor DownLevel::operator()(const Tensor& x, nn::FeatureCache& cache) const {
  Tensor y = x;
  for (const ResidualBlock& block : blocks) y = block(y, cache);
  if (down) y = (*down)(y, cache);
  return shortcut ? y + avg_down(x, out, down && down->time ? 2 : 1, down ? 2 : 1) : y;
}

Tensor UpLevel::operator()(const Tensor& x, nn::FeatureCache& cache) const {
  Tensor y = x;
  for (const ResidualBlock& block : blocks) y = block(y, cache);
  if (!up) return y;
  y = (*up)(y, cache);
  return shortcut ? y + dup_up(x, out, up->time ? 2 : 1, 2, cache.first_chunk()) : y;
}

Encoder::Encoder(tensor::Weights w, const Config& c)
    : in(w / "conv_in", 3 * c.patch * c.patch, c.encoder_width, k3),
      levels([&] {
        std::vector<int64_t> widths = widths_of(c.encoder_width, c.dim_mult);
        std::vector<DownLevel> levels;
        int64_t layer = 0;  // in Wan2.1 blocks and changes of resolution are numbered through
        for (size_t i = 0; i + 1 < widths.size(); ++i) {
          bool last = i + 2 == widths.size();
          tensor::Weights level = w / "down_blocks" / static_cast<int64_t>(i);
          auto place = [&](int64_t block) { return c.is_residual ? level / "resnets" / block : w / "down_blocks" / (layer + block); };
          levels.push_back({residual_blocks(place, widths[i], widths[i + 1], c.blocks), {}, c.is_residual, widths[i + 1]});
          layer += c.blocks;
          if (last) continue;
          levels.back().down.emplace(c.is_residual ? level / "downsampler" : w / "down_blocks" / layer, widths[i + 1],
                                     c.temporal_downsample[i]);
          ++layer;
        }
        return levels;
      }()),
      middle(w / "mid_block", levels.back().out),
      norm(w / "norm_out", levels.back().out, 3),
      out(w / "conv_out", levels.back().out, 2 * c.latent_channels, k3) {}

Tensor Encoder::operator()(const Tensor& frames, nn::FeatureCache& cache) const {
  auto temporal_downsample = [](const DownLevel& level) { return level.down && level.down->time; };
  auto small = std::find_if(levels.begin(), levels.end(), temporal_downsample);  // before it no two frames become one
  Tensor x = nn::map_frames(frames, [&](const Tensor& frame) {
    Tensor y = in(frame, cache);
    for (auto level = levels.begin(); level != small; ++level) y = (*level)(y, cache);
    return y;
  });
  for (auto level = small; level != levels.end(); ++level) x = (*level)(x, cache);
  return out(activated(norm, middle(x, cache)), cache);
}

Decoder::Decoder(tensor::Weights w, const Config& c)
    : in(w / "conv_in", c.latent_channels, c.decoder_width * c.dim_mult.back(), k3),
      middle(w / "mid_block", c.decoder_width * c.dim_mult.back()),
      levels([&] {
        std::vector<int64_t> dim_mult(c.dim_mult.rbegin(), c.dim_mult.rend());
        std::vector<UpLevel> levels;
        for (size_t i = 0; i < dim_mult.size(); ++i) {
          bool last = i + 1 == dim_mult.size();
          int64_t in = c.decoder_width * dim_mult[i == 0 ? 0 : i - 1], out = c.decoder_width * dim_mult[i];
          if (i > 0 && !c.is_residual) in /= 2;  // the way up halved the width
          tensor::Weights level = w / "up_blocks" / static_cast<int64_t>(i);
          auto place = [&](int64_t block) { return level / "resnets" / block; };
          levels.push_back({residual_blocks(place, in, out, c.blocks + 1), {}, c.is_residual, out});
          if (last) continue;
          bool doubles_time = c.temporal_downsample[c.temporal_downsample.size() - 1 - i];
          levels.back().up.emplace(c.is_residual ? level / "upsampler" : level / "upsamplers" / 0, out, c.is_residual ? out : out / 2,
                                   doubles_time);
        }
        return levels;
      }()),
      norm(w / "norm_out", levels.back().out, 3),
      out(w / "conv_out", levels.back().out, 3 * c.patch * c.patch, k3) {}

Tensor Decoder::features(const Tensor& z, nn::FeatureCache& cache) const { return middle(in(z, cache), cache); }

Tensor Decoder::frames(const Tensor& x, nn::FeatureCache& cache, const Band& band) const {
  auto doubles_time = [](const UpLevel& level) { return level.up && level.up->time; };
  auto large = std::find_if(levels.rbegin(), levels.rend(), doubles_time).base();  // from here on no frame becomes two
  auto through = [&](auto from, auto to, Tensor y) {
    for (auto level = from; level != to; ++level) {
      y = (*level)(y, cache);
      if (level->up) y = band.kept(y, level - levels.begin(), 2);
    }
    return y;
  };
  return nn::map_frames(through(levels.begin(), large, x), [&](const Tensor& frame) {
    Tensor y = through(large, levels.end(), frame);
    return band.kept(out(activated(norm, y), cache), levels.size() - 1, 1);
  });
}

Band Decoder::band(int dim, int64_t cells, Span wanted) const {
  int64_t there = cells;
  for (const UpLevel& level : levels) there *= level.up ? 2 : 1;
  auto with_neighbours = [&](Span span, int64_t reach) {
    return Span{std::max<int64_t>(0, span.begin - reach), std::min(there, span.end + reach)};
  };
  Band band{dim, std::vector<Span>(levels.size() + 1)};
  band.cells.back() = wanted;
  for (size_t i = levels.size(); i-- > 0;) {  // a convolution of three cells reaches one further
    Span seen = with_neighbours(band.cells[i + 1], 1);
    if (levels[i].up) there /= 2, seen = {seen.begin / 2, (seen.end + 1) / 2};
    band.cells[i] = with_neighbours(seen, 2 * std::ssize(levels[i].blocks));
  }
  return band;
}

}  // namespace zoetrope::autoencoder::wan
