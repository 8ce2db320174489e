#include "zoetrope/tensor/build_model.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"

namespace zoetrope::tensor {
namespace {

struct Model {
  explicit Model(const Weights& w) : a(w.get("a", {2})), b((w / "part").get("b", {3, 2})) {}
  Tensor a, b;
};

TEST(BuildModel, ReadsTheWeightsThatTheModelAsksFor) {
  TemporaryFolder folder;
  write_safetensors(folder / "x.safetensors", {{"a", at::ones({2})}, {"part.b", at::ones({3, 2})}, {"alias", at::ones({1})}});
  Checkpoint checkpoint(folder / "x.safetensors");
  Model model = build_model(checkpoint, [](const Weights& w) { return Model(w); }, {"alias"});
  EXPECT_TRUE(model.b.equal(at::ones({3, 2})));
}

TEST(BuildModel, ListsAllThatIsWrongAtOnce) {
  TemporaryFolder folder;
  write_safetensors(folder / "x.safetensors", {{"part.b", at::ones({3, 3})}, {"c", at::ones({1})}, {"d", at::ones({1})}});
  Checkpoint checkpoint(folder / "x.safetensors");
  try {
    build_model(checkpoint, [](const Weights& w) { return Model(w); });
    FAIL() << "nothing was wrong";
  } catch (const base::Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("1 missing: a"));
    EXPECT_THAT(error.what(), testing::HasSubstr("1 of another shape: part.b is [3,3] instead of [3,2]"));
    EXPECT_THAT(error.what(), testing::HasSubstr("2 unknown: c, d"));
  }
}

}  // namespace
}  // namespace zoetrope::tensor
