#pragma once
#include <filesystem>
#include <optional>

#include "zoetrope/tensor/checkpoint.h"
#include "zoetrope/text/encoder.h"
#include "zoetrope/text/t5.h"
#include "zoetrope/text/tokenizer.h"

namespace zoetrope::text {

/// Whether an encoder's file holds its vocabulary, as those of ComfyUI do.
bool has_vocabulary(const tensor::Checkpoint& encoder);

/// A T5 encoder with its tokenizer.
class T5TextEncoder : public TextEncoder {
 public:
  /// Reads `tokenizer/spiece.model` and `text_encoder/` (config.json, safetensors) of a model folder. Prompts are cut to `limit` tokens,
  /// </s> among them. The weights keep the file's dtype, on the CPU mapped; arithmetic and states have that of the placement.
  T5TextEncoder(const std::filesystem::path& model, int64_t limit, const tensor::Placement& placement = {});
  /// The same from a tokenizer's folder or file, and an encoder's weights with T5's or the original Wan code's names. Without a tokenizer
  /// the vocabulary in the encoder's file is used (`has_vocabulary`), or its absence is an error.
  T5TextEncoder(const std::optional<std::filesystem::path>& tokenizer, tensor::Checkpoint encoder, int64_t limit);
  T5TextEncoder(Tokenizer tokenizer, T5Encoder encoder, int64_t limit);

  TextEmbedding encode(const std::vector<std::string>& prompts) const override;
  std::string text_after_limit(const std::string& prompt) const override { return tokenizer_.text_after_limit(prompt, limit_); }
  std::optional<PromptLength> length(const std::string& prompt) const override {
    return PromptLength{std::ssize(tokenizer_.encode(prompt)), limit_};
  }
  void release_memory() const override;
  int64_t width() const override { return encoder_.config.width; }

 private:
  void check() const;

  std::optional<tensor::Checkpoint> mapped_;  // where the weights lie, if they are mapped
  Tokenizer tokenizer_;
  T5Encoder encoder_;
  int64_t limit_;
};

}  // namespace zoetrope::text
