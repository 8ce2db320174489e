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

TEST(KeyStyle, KnowsOptionalPartsInBothStylesAndWithUnderscores) {
  KeyStyle style({{"blocks.#.q.*", "layers.#.to_q.*"}, {"blocks.#.k_img.*", "layers.#.add_k.*", /*optional=*/true}});
  for (const char* part : {"blocks.3.k_img.weight", "layers.3.add_k.bias", "blocks_3_k_img_weight"})
    EXPECT_TRUE(style.is_optional(part)) << part;
  for (const char* other : {"blocks.3.q.weight", "blocks.x.k_img.weight", "k_img.weight"}) EXPECT_FALSE(style.is_optional(other)) << other;
}

}  // namespace
}  // namespace zoetrope::tensor
