#include "zoetrope/model/distilled.h"

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/model/tiny_model.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::model {
namespace {

TEST(Distilled, IsWhatWasWritten) {
  TemporaryFolder folder;
  test::write_tiny_model(folder.path);
  write_distilled(folder.path, 3, {{"blocks.0.ffn.0.lora_A.weight", at::ones({2, 16})}});
  std::optional<Distilled> read = distilled(base::read_json(folder / "zoetrope.json"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->steps, 3);
  const tensor::SafetensorsFile file(folder.path / read->lora);
  EXPECT_EQ(file.names(), std::vector<std::string>{"transformer.blocks.0.ffn.0.lora_A.weight"});
  EXPECT_EQ(file.tensor(file.names().front()).scalar_type(), at::kBFloat16);
}

TEST(Distilled, IsAbsentFromOtherModels) { EXPECT_FALSE(distilled({{"format", 2}})); }

TEST(Distilled, NamesWhatIsWrong) {
  auto complaint_about = [](const base::Json& about) { return complaint<base::Error>([&] { distilled({{"distilled", about}}); }); };
  for (const base::Json& wrong : {base::Json("fast"), base::Json{{"lora", "a.safetensors"}}, base::Json{{"lora", "../a"}, {"steps", 4}},
                                  base::Json{{"lora", ""}, {"steps", 4}}, base::Json{{"lora", "a"}, {"steps", 0}},
                                  base::Json{{"lora", "a"}, {"steps", -1}}, base::Json{{"lora", 1}, {"steps", 4}}})
    EXPECT_NE(complaint_about(wrong).find("'distilled' of zoetrope.json must have the name of a file in the folder as 'lora'"),
              std::string::npos)
        << wrong;
}

}  // namespace
}  // namespace zoetrope::model
