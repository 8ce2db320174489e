#include "zoetrope/model/class_labels.h"

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "zoetrope/base/error.h"

namespace zoetrope::model {
namespace {

const base::Json names{
    {"0", "tench, Tinca tinca"},  {"2", "great white shark, white shark"}, {"134", "crane"}, {"517", "crane"}, {"638", "maillot"},
    {"639", "maillot, tank suit"}};

std::string refusal(const ClassLabels& classes, const std::string& label) {
  return complaint<base::UsageError>([&] { classes.number(label); });
}

TEST(ClassLabels, AreFoundByNumberByNameAndByAllNames) {
  ClassLabels classes(1000, names);
  EXPECT_EQ(classes.number("999"), 999);
  EXPECT_EQ(classes.number("Tinca tinca"), 0);
  EXPECT_EQ(classes.number("great white shark, white shark"), 2);
  EXPECT_EQ(classes.number("tank suit"), 639);
}

TEST(ClassLabels, AreRefusedWithWhatThereIs) {
  ClassLabels classes(1000, names), nameless(10, nullptr);
  EXPECT_EQ(refusal(classes, ""), "class_label is needed: this model makes images of a class, by its number or name");
  EXPECT_EQ(refusal(classes, "1000"), "class_label must be from 0 to 999, got 1000");
  EXPECT_EQ(refusal(classes, "-1"), "class_label must be from 0 to 999, got -1");
  EXPECT_EQ(refusal(classes, "Shark"), "there is no class 'Shark'; names like it are 'great white shark', 'white shark'");
  EXPECT_EQ(refusal(classes, "unicorn"),
            "there is no class 'unicorn'; give a number from 0 to 999, or a name of ImageNet like 'Tinca tinca'");
  EXPECT_EQ(refusal(classes, "crane"), "'crane' is the name of several classes: give the number, one of 134, 517");
  EXPECT_EQ(refusal(classes, "maillot"), "'maillot' is the name of several classes: give the number, one of 638, 639");
  EXPECT_EQ(refusal(nameless, "crane"), "class_label must be a number from 0 to 9: the classes of this model have no names, got 'crane'");
}

TEST(ClassLabels, RefuseNamesThatAreBroken) {
  EXPECT_THROW(ClassLabels(10, base::Json::array()), base::Error);
  EXPECT_THROW(ClassLabels(10, {{"10", "too high"}}), base::Error);
  EXPECT_THROW(ClassLabels(10, {{"one", "no number"}}), base::Error);
  EXPECT_THROW(ClassLabels(10, {{"1", 1}}), base::Error);
}

}  // namespace
}  // namespace zoetrope::model
