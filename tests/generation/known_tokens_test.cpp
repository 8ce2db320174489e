#include "zoetrope/generation/known_tokens.h"

#include <limits>

#include <gtest/gtest.h>

#include "tests/draw.h"
#include "zoetrope/base/random.h"

namespace zoetrope::generation {
namespace {

const std::vector<int64_t> latent_shape{1, 2, 3, 4, 6};
constexpr transformer::Grid grid{3, 2, 3};

/// The first latent frame is known, one token of the last is partly noised.
KnownTokens some() {
  KnownTokens known = KnownTokens::none(latent_shape, grid);
  known.latents = draw(latent_shape, 1);
  known.share[0].fill_(0);
  known.share[2][1][2] = 0.25;
  return known;
}

TEST(KnownTokens, SpreadTheShareOfATokenOverItsCells) {
  Tensor cells = some().share_of_cells();
  EXPECT_EQ(cells.sizes(), (std::vector<int64_t>{1, 1, 3, 4, 6}));
  EXPECT_EQ(cells[0][0][0].max().item<float>(), 0);
  EXPECT_EQ(cells[0][0][1].min().item<float>(), 1);
  EXPECT_EQ((cells == 0.25).sum().item<int64_t>(), 4);
  EXPECT_TRUE((cells[0][0][2].slice(0, 2, 4).slice(1, 4, 6) == 0.25).all().item<bool>());
}

TEST(KnownTokens, StartAtTheirShareOfTheLevelAndFreeOnesAsNoise) {
  KnownTokens known = some();
  Tensor noise = draw(latent_shape, 2), cells = known.share_of_cells().expand(latent_shape);
  for (double s : {1.0, 0.4}) {
    Tensor x = known.start(noise, s);
    EXPECT_TRUE(x.narrow(2, 0, 1).equal(known.latents.narrow(2, 0, 1)));  // bit for bit
    Tensor expected = at::where(cells == 1, noise, (1 - s * cells) * known.latents + s * cells * noise);
    EXPECT_TRUE(x.allclose(expected, 1e-6, 1e-6));
    EXPECT_TRUE(x.narrow(2, 1, 1).equal(noise.narrow(2, 1, 1)));  // bit for bit
  }
}

TEST(KnownTokens, ArePutBackBitForBitWhateverBecameOfThem) {
  KnownTokens known = some();
  Tensor x = draw(latent_shape, 3), lost = x.clone();
  lost.narrow(2, 0, 1).fill_(std::numeric_limits<float>::quiet_NaN());
  Tensor back = known.put_back(lost);
  EXPECT_TRUE(back.narrow(2, 0, 1).equal(known.latents.narrow(2, 0, 1)));
  EXPECT_TRUE(back.narrow(2, 1, 2).equal(x.narrow(2, 1, 2)));
}

TEST(TokenLevels, AreTheFewDistinctSharesTimesTheLevel) {
  KnownTokens known = some();
  transformer::NoiseLevels levels = TokenLevels(known, 2).at(0.5, {});
  EXPECT_EQ(levels.values.sizes(), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(levels.index.sizes(), (std::vector<int64_t>{2, grid.tokens()}));
  for (int64_t clip = 0; clip < 2; ++clip) EXPECT_TRUE(levels.values.gather(1, levels.index)[clip].equal(known.share.flatten() * 0.5));
}

TEST(TokenLevels, AreWholeTimestepsForNetworksThatWereTrainedWithThose) {
  TokenLevels levels(KnownTokens::none(latent_shape, grid), 1);
  diffusion::Parameterization whole{.timesteps = 1000, .whole = true};
  EXPECT_EQ(levels.at(0.7, whole).values.item<float>(), 700);  // 699 where the level is fp32
  EXPECT_EQ(levels.at(0.9999, whole).values.item<float>(), 999);
}

TEST(TokenLevels, AreOneWhereNothingIsKnown) {
  EXPECT_TRUE(TokenLevels(KnownTokens::none(latent_shape, grid), 1).at(0.75, {}).values.equal(at::full({1, 1}, 0.75)));
}

}  // namespace
}  // namespace zoetrope::generation
