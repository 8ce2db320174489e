#pragma once
#include <optional>
#include <string>
#include <vector>

#include "zoetrope/base/tensor.h"

namespace zoetrope::text {

/// Encoded prompts. The states of padding are undefined: readers use the mask.
struct TextEmbedding {
  Tensor states;  // [B,L,D]
  Tensor mask;    // [B,L] int64: 1 for real tokens, 0 for padding
};

/// How many tokens a prompt has, and how many of them are read.
struct PromptLength {
  int64_t tokens, limit;
};

/// Turns prompts into states.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;
  /// A batch of prompts, padded to the longest one.
  virtual TextEmbedding encode(const std::vector<std::string>& prompts) const = 0;
  /// The part of a prompt after the encoder's limit, which is not read; empty if all of it is.
  virtual std::string text_after_limit(const std::string& /*prompt*/) const { return {}; }
  /// How long a prompt is; nothing where the encoder counts no tokens.
  virtual std::optional<PromptLength> length(const std::string& /*prompt*/) const { return {}; }
  /// Releases memory that can be reloaded; call it when no prompt is expected soon.
  virtual void release_memory() const {}
  /// D, the width of a state.
  virtual int64_t width() const = 0;
};

}  // namespace zoetrope::text
