#include "zoetrope/training/batch_noise.h"

#include <gtest/gtest.h>

namespace zoetrope::training {
namespace {

constexpr transformer::Grid noise_grid{5, 2, 3};
constexpr int64_t batch_size = 400;

/// The sigmas of the tokens as [B,t,h*w].
Tensor by_frame(const Tensor& of_tokens) { return of_tokens.unflatten(1, {noise_grid.t, -1}); }

TEST(BatchNoise, IsOneSigmaAClip) {
  at::Generator generator = base::generator(1);
  BatchNoise noise = uniform_noise(batch_size, noise_grid, {}, generator);
  Tensor sigmas = noise.of_tokens();
  EXPECT_EQ(sigmas.sizes(), (std::vector<int64_t>{batch_size, 30}));
  EXPECT_TRUE(sigmas.amax(1).equal(sigmas.amin(1)));
  EXPECT_NEAR(sigmas.mean().item<double>(), .5, .05);
  EXPECT_TRUE(noise.free.all().item<bool>());
  EXPECT_EQ(noise.attends, transformer::Attends::all);
}

TEST(BatchNoise, IsZeroWhereTokensAreKnown) {
  at::Generator generator = base::generator(1);
  BatchNoise noise = noise_with_known(batch_size, noise_grid, {}, generator);
  Tensor sigmas = noise.of_tokens();
  EXPECT_TRUE((sigmas > 0).equal(noise.free));
  EXPECT_TRUE(noise.free.any(1).all().item<bool>()) << "something is free in each clip";
  EXPECT_FALSE(noise.free.all().item<bool>());
  Tensor highest = sigmas.amax(1, /*keepdim=*/true);
  EXPECT_TRUE(at::where(noise.free, sigmas, highest).equal(highest.expand_as(sigmas)));
}

TEST(BatchNoise, OfACausalBatchIsAPastThatIsNearlyCleanAndThenASigmaAFrame) {
  at::Generator generator = base::generator(1);
  BatchNoise noise = causal_noise(batch_size, noise_grid, {}, generator);
  EXPECT_EQ(noise.attends, transformer::Attends::past);
  Tensor sigmas = by_frame(noise.of_tokens()), free = by_frame(noise.free);
  EXPECT_TRUE(sigmas.amax(2).equal(sigmas.amin(2))) << "one sigma a frame";
  EXPECT_LE(sigmas.masked_select(free.logical_not()).max().item<double>(), max_past_sigma);
  EXPECT_NEAR(sigmas.masked_select(free).mean().item<double>(), .5, .05);
  EXPECT_GT(sigmas.select(2, 0).std(1).min().item<double>(), 1e-4) << "frames do not share a sigma";
  Tensor of_frame = free.select(2, 0).to(at::kLong);  // [B,t]
  EXPECT_TRUE(of_frame.equal(std::get<0>(of_frame.cummax(1)))) << "no known frame after a free one";
  Tensor known = noise_grid.t - of_frame.sum(1);
  for (int64_t count = 0; count < noise_grid.t; ++count)
    EXPECT_NEAR((known == count).to(at::kDouble).mean().item<double>(), .2, .08) << count << " frames of past";
  EXPECT_EQ(known.max().item<int64_t>(), noise_grid.t - 1);
}

TEST(BatchNoise, FollowsFromTheGenerator) {
  auto draw = [](uint64_t seed) {
    at::Generator generator = base::generator(seed);
    return causal_noise(4, noise_grid, {}, generator).of_tokens();
  };
  EXPECT_TRUE(draw(1).equal(draw(1)));
  EXPECT_FALSE(draw(1).equal(draw(2)));
}

}  // namespace
}  // namespace zoetrope::training
