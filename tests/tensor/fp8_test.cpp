#include "zoetrope/tensor/fp8.h"

#include <gmock/gmock.h>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/draw.h"
#include "tests/temporary_folder.h"
#include "zoetrope/tensor/build_model.h"
#include "zoetrope/tensor/linear.h"
#include "zoetrope/tensor/lora.h"

namespace zoetrope::tensor {
namespace {

/// A file with one layer of four rows in fp8, called "layer".
struct Fp8File {
  explicit Fp8File(const std::map<std::string, Tensor>& besides) {
    std::map<std::string, Tensor> tensors = besides;
    tensors["layer.weight"] = weight;
    tensors["layer.bias"] = bias;
    write_safetensors(folder / "x.safetensors", tensors);
  }
  Checkpoint open() const { return Checkpoint(folder / "x.safetensors"); }

  TemporaryFolder folder;
  Tensor weight = draw({4, 3}, 1).to(at::kFloat8_e4m3fn), bias = draw({4}, 2), x = draw({5, 3}, 3);
};

/// What a linear layer makes of its place in the weights.
struct Layer {
  explicit Layer(Weights w) : weight(w.get("weight", {4, 3})), bias(w.get("bias", {4})), kernel(w.kernel(weight, bias)) {}
  Tensor operator()(const Tensor& x) const { return kernel ? kernel->apply(x) : linear(x, weight, bias); }

  Tensor weight, bias;
  std::shared_ptr<const LinearKernel> kernel;
};

Layer build(Checkpoint& checkpoint) {
  return build_model(checkpoint, [](Weights w) { return Layer(w / "layer"); });
}

TEST(Fp8, LayersMultiplyWithTheScaleBesideTheirWeight) {
  for (const char* name : {"layer.weight_scale", "layer.scale_weight"})
    for (const Tensor& scale : {at::scalar_tensor(0.3), at::full({1}, 0.3), at::rand({4}), at::rand({4, 1})}) {
      Fp8File file({{name, scale}, {"layer.scale_input", at::ones({})}, {"scaled_fp8", at::zeros({2}).to(at::kFloat8_e4m3fn)}});
      Checkpoint checkpoint = file.open();
      Tensor meant = file.weight.to(at::kFloat) * scale.view({-1, 1});
      EXPECT_TRUE(at::allclose(build(checkpoint)(file.x), at::linear(file.x, meant, file.bias), 1e-5, 1e-6)) << name << scale.sizes();
      EXPECT_TRUE(checkpoint.dequantized("layer.weight").equal(meant));
    }
}

TEST(Fp8, LayersWithoutAScaleAreCast) {
  Fp8File file({});
  Checkpoint checkpoint = file.open();
  EXPECT_TRUE(at::allclose(build(checkpoint)(file.x), at::linear(file.x, file.weight.to(at::kFloat), file.bias), 1e-5, 1e-6));
}

TEST(Fp8, LoraFilesAddToWhatAScaledLayerMeans) {
  Fp8File file({{"layer.weight_scale", at::rand({4, 1})}});
  Tensor down = draw({2, 3}, 4), up = draw({4, 2}, 5), diff = draw({4, 3}, 6);
  std::map<std::string, Tensor> low_rank{{"layer.lora_A.weight", down}, {"layer.lora_B.weight", up}}, both = low_rank;
  both["layer.diff"] = diff;
  for (const auto& [change, added] : {std::pair{low_rank, up.matmul(down)}, {both, up.matmul(down) + diff}}) {
    write_safetensors(file.folder / "lora.safetensors", change);
    Checkpoint checkpoint = file.open();
    LoraWeights loras(checkpoint, {{file.folder / "lora.safetensors", 1}}, KeyStyle({}));
    Layer layer(Weights(loras) / "layer");
    Tensor meant = checkpoint.dequantized("layer.weight") + added;
    EXPECT_TRUE(at::allclose(layer(file.x), at::linear(file.x, meant, file.bias), 1e-4, 1e-5)) << change.size();
    EXPECT_TRUE(at::allclose(loras.merged("layer.weight"), meant, 1e-5, 1e-6));
  }
}

TEST(Fp8, AScaleThatNoLayerUsesOrOfAnotherShapeIsAnError) {
  Fp8File blocks({{"layer.weight_scale", at::ones({4, 3})}}), elsewhere({{"table.weight_scale", at::ones({1})}});
  Checkpoint first = blocks.open(), second = elsewhere.open();
  EXPECT_THAT(complaint([&] { build(first); }), testing::HasSubstr("layer.weight_scale is [4,3] instead of one number, or one a row"));
  EXPECT_THAT(complaint([&] { build(second); }), testing::HasSubstr("1 unknown: table.weight_scale"));
  EXPECT_THAT(complaint([&] { first.dequantized("layer.weight"); }), testing::HasSubstr("'layer.weight' [4,3] has a scale of [4,3]"));
}

}  // namespace
}  // namespace zoetrope::tensor
