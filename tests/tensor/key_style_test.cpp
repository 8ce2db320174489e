#include "zoetrope/tensor/key_style.h"

#include <gtest/gtest.h>

namespace zoetrope::tensor {
namespace {

TEST(KeyStyle, TranslatesBothWaysByTheFirstRuleThatFits) {
  KeyStyle style({{"blocks.#.q.*", "layers.#.attn.to_q.*"}, {"blocks.12.special", "layers.twelve"}, {"head.0", "out"}});
  EXPECT_EQ(style.to_canonical("blocks.12.q.weight"), "layers.12.attn.to_q.weight");
  EXPECT_EQ(style.to_original("layers.12.attn.to_q.weight"), "blocks.12.q.weight");
  EXPECT_EQ(style.to_canonical("blocks.12.special"), "layers.twelve");
  EXPECT_EQ(style.to_canonical("head.0"), "out");
  for (const char* other : {"", "head.01", "head.", "blocks.q.weight", "blocks.x.q.weight", "xblocks.1.q.weight"})
    EXPECT_FALSE(style.to_canonical(other)) << other;
}

}  // namespace
}  // namespace zoetrope::tensor
