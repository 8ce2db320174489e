#pragma once
#include <string>
#include <vector>

namespace zoetrope::text {

// What other programs read in a prompt as more than words.

/// A LoRA file that a prompt names: <lora:NAME:SCALE>, or without a scale.
struct LoraTag {
  std::string name;
  double scale = 1;
  bool operator==(const LoraTag&) const = default;
};

/// Takes the LoRA tags out of a prompt, and the space that each leaves behind.
std::vector<LoraTag> take_lora_tags(std::string& prompt);

/// A sentence on what of that is in a prompt and is taken as text: words in brackets that give them a weight elsewhere, (word:1.5),
/// ((word)) and [word], and LoRA tags. Empty where there is none of it.
std::string syntax_taken_as_text(const std::string& prompt);

}  // namespace zoetrope::text
