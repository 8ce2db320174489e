#pragma once
#include <string>
#include <vector>

#include "zoetrope/base/tensor.h"

namespace zoetrope::text {

/// Prompts as a transformer reads them. What the states of padding are is the encoder's own matter: readers go by the mask.
struct TextEmbedding {
  Tensor states;  // [B,L,D]
  Tensor mask;    // [B,L] int64: 1 for real tokens, 0 for padding
};

/// Turns prompts into states.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;
  /// A batch of prompts, padded to the longest one.
  virtual TextEmbedding encode(const std::vector<std::string>& prompts) const = 0;
  /// The end of a prompt that is longer than what the encoder reads; empty where all of it is read.
  virtual std::string unread(const std::string& /*prompt*/) const { return {}; }
  /// No prompt will come for a while: memory that can be filled again is given back.
  virtual void rest() const {}
  /// D, the width of a state.
  virtual int64_t width() const = 0;
};

}  // namespace zoetrope::text
