#include "zoetrope/base/random.h"

#include <set>

#include <gtest/gtest.h>

namespace zoetrope::base {
namespace {

void expect_bits(const Tensor& drawn, std::vector<float> wanted) { EXPECT_TRUE(at::equal(drawn, at::tensor(wanted))) << drawn; }

// The numbers are what PyTorch 2.13.0+cpu prints (the draw is another for fewer than 16 numbers than for more):
//   torch.randn(4, generator=torch.Generator().manual_seed(0)).tolist()
//   g = torch.Generator().manual_seed(1234); torch.randn(3, 1000, generator=g)[2, 990:994].tolist(); torch.randn(20,
//   generator=g)[-3:].tolist()
TEST(Noise, IsWhatPyTorchsCpuGeneratorDraws) {
  at::Generator zero = generator(0);
  expect_bits(randn({4}, zero), {1.5409960746765137f, -0.293428897857666f, -2.1787893772125244f, 0.5684312582015991f});
  at::Generator other = generator(1234);
  expect_bits(randn({3, 1000}, other)[2].slice(0, 990, 994),
              {-0.8960072994232178f, -0.642031192779541f, -0.1885620802640915f, -0.7266673445701599f});
  expect_bits(randn({20}, other).slice(0, 17), {1.1518257856369019f, 1.3311454057693481f, 0.3026517927646637f});
}

TEST(Noise, TakesSeedsOf64Bits) {  // torch.randn(2, generator=torch.Generator().manual_seed(2**63 + 5))
  at::Generator large = generator((uint64_t{1} << 63) + 5);
  expect_bits(randn({2}, large), {-0.4867807626724243f, -0.6038215756416321f});
}

TEST(Noise, DoesNotTouchTheProcessWideGenerator) {
  Tensor before = at::detail::getDefaultCPUGenerator().get_state();
  at::Generator own = generator(7);
  randn({100}, own);
  EXPECT_TRUE(at::equal(before, at::detail::getDefaultCPUGenerator().get_state()));
}

TEST(MixSeeds, DependsOnEveryPartAndTheirOrder) {
  std::set<uint64_t> seeds;
  for (uint64_t run = 0; run < 50; ++run)
    for (uint64_t index = 0; index < 50; ++index) seeds.insert(derive_seed({run, index}));
  EXPECT_EQ(seeds.size(), 2500u);
  EXPECT_NE(derive_seed({1}), derive_seed({1, 0}));
  EXPECT_EQ(derive_seed({3, 4, 5}), derive_seed({3, 4, 5}));
}

TEST(MixSeeds, ChangesHalfOfTheBitsBetweenNeighbours) {
  double flipped = 0;
  for (uint64_t i = 0; i < 1000; ++i) flipped += std::popcount(derive_seed({9, i}) ^ derive_seed({9, i + 1}));
  EXPECT_NEAR(flipped / 1000, 32, 1);  // a mean of 1000 binomials: deviation 4 / sqrt(1000) = 0.13
}

}  // namespace
}  // namespace zoetrope::base
