#include "zoetrope/tensor/safetensors.h"

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/temporary_folder.h"
#include "tests/tensor/safetensors_bytes.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/random.h"

namespace zoetrope::tensor {
namespace {

std::map<std::string, Tensor> one_of_each() {
  auto generator = base::generator(3);
  std::map<std::string, Tensor> tensors;
  int count = 0;
  for (auto dtype : {at::kBool, at::kByte, at::kChar, at::kShort, at::kInt, at::kLong, at::kUInt16, at::kUInt32, at::kUInt64,
                     at::kFloat8_e4m3fn, at::kFloat8_e5m2, at::kFloat8_e4m3fnuz, at::kFloat8_e5m2fnuz, at::kFloat8_e8m0fnu, at::kHalf,
                     at::kBFloat16, at::kFloat, at::kDouble})
    tensors[fmt::format("layer.{}.{}", count++, at::toString(dtype))] = (base::randn({3, 5}, generator) * 20).abs().to(dtype);
  tensors["scalar"] = at::scalar_tensor(2.5);
  tensors["empty"] = at::empty({0, 4});
  tensors["transposed"] = base::randn({4, 7}, generator).t();
  return tensors;
}

TEST(Safetensors, BringsBackEveryDtypeBitForBit) {
  TemporaryFolder folder;
  auto tensors = one_of_each();
  write_safetensors(folder / "a.safetensors", tensors, {{"prompt", "ein Vogel 鳥 \"x\"\n"}});
  SafetensorsFile file(folder / "a.safetensors");
  EXPECT_EQ(file.names().size(), tensors.size());
  EXPECT_EQ(file.metadata().at("prompt"), "ein Vogel 鳥 \"x\"\n");
  for (auto& [name, tensor] : tensors) {
    Tensor read = file.tensor(name);
    EXPECT_EQ(read.scalar_type(), tensor.scalar_type()) << name;
    EXPECT_EQ(read.sizes(), tensor.sizes()) << name;
    EXPECT_TRUE(at::equal(read.to(at::kDouble), tensor.to(at::kDouble))) << name;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(read.data_ptr()) % tensor.element_size(), 0u) << name;
  }
}

TEST(Safetensors, IsAViewThatOutlivesTheFileObject) {
  TemporaryFolder folder;
  Tensor written = at::arange(1000, at::kFloat), first, second;
  write_safetensors(folder / "a.safetensors", {{"x", written}});
  {
    SafetensorsFile file(folder / "a.safetensors");
    first = file.tensor("x");
    second = file.tensor("x");
    EXPECT_EQ(first.data_ptr(), second.data_ptr());
  }
  std::filesystem::remove(folder / "a.safetensors");
  EXPECT_TRUE(at::equal(first, written));
}

TEST(Safetensors, WritesTheSameBytesEachTime) {
  TemporaryFolder folder;
  write_safetensors(folder / "a", one_of_each(), {{"b", "2"}, {"a", "1"}});
  write_safetensors(folder / "b", one_of_each(), {{"a", "1"}, {"b", "2"}});
  EXPECT_EQ(base::read_file(folder / "a"), base::read_file(folder / "b"));
}

TEST(Safetensors, CastsFloatingTensorsWhenAsked) {
  TemporaryFolder folder;
  Tensor x = at::linspace(-1, 1, 33), index = at::arange(4);
  write_safetensors(folder / "a", {{"x", x}, {"index", index}}, {}, at::kBFloat16);
  SafetensorsFile file(folder / "a");
  EXPECT_TRUE(at::equal(file.tensor("x"), x.to(at::kBFloat16)));
  EXPECT_TRUE(at::equal(file.tensor("index"), index));
}

TEST(Safetensors, CopiesWhatIsNotAligned) {
  TemporaryFolder folder;
  std::string header = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}} )";
  base::write_file(folder / "a", safetensors_bytes(header, 9));
  EXPECT_TRUE(at::equal(SafetensorsFile(folder / "a").tensor("b"), at::zeros({2})));
}

TEST(Safetensors, TakesAnyByteButZeroForTrue) {
  TemporaryFolder folder;
  std::string truth = safetensors_bytes(R"({"a":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}})", 3);
  truth.back() = 2;
  base::write_file(folder / "a", truth);
  EXPECT_TRUE(at::equal(SafetensorsFile(folder / "a").tensor("a").to(at::kByte), at::tensor({0, 0, 1}, at::kByte)));
}

TEST(Safetensors, SaysWhatIsWrong) {
  TemporaryFolder folder;
  std::string path = folder / "a";
  EXPECT_EQ(complaint([&] { SafetensorsFile{path}; }), path + ": cannot be opened: No such file or directory");
  EXPECT_EQ(complaint([&] { SafetensorsFile{folder.path}; }), folder.path.string() + ": is not a file");
  base::write_file(path, "");
  EXPECT_EQ(complaint([&] { SafetensorsFile{path}; }), path + ": is 0 bytes long, too short for a safetensors file");
  std::string truth = safetensors_bytes(R"({"a":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}})", 2);
  base::write_file(path, truth);
  EXPECT_EQ(complaint([&] { SafetensorsFile(path).tensor("b"); }), path + ": there is no tensor 'b' among its 1");
  EXPECT_EQ(complaint([&] {
              write_safetensors(path, {{"__metadata__", at::zeros(1)}});
            }),
            path + ": '__metadata__' is not a valid tensor name");
  EXPECT_EQ(complaint([&] {
              write_safetensors(path, {{"\xff", at::zeros(1)}});
            }),
            path + ": names and metadata of safetensors must be UTF-8");
  EXPECT_TRUE(complaint([&] {
                write_safetensors(path, {{"c", at::zeros(1, at::kComplexDouble)}});
              }).starts_with(path + ": tensor 'c' is ComplexDouble, which safetensors does not support"));
  EXPECT_EQ(base::read_file(path), truth) << "a failed write must leave the old file";
}

}  // namespace
}  // namespace zoetrope::tensor
