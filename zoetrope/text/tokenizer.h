#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "zoetrope/base/tensor.h"

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace zoetrope::text {

/// Tokenized prompts.
struct Tokens {
  Tensor ids;   // [B,L] int64
  Tensor mask;  // [B,L] int64: 1 for real tokens, 0 for padding
};

/// The tokenizer of T5 and related models: a SentencePiece model (Kudo & Richardson 2018), with </s> after every prompt. Thread-safe.
class Tokenizer {
 public:
  enum class Padding { to_longest, to_limit };

  /// Reads a SentencePiece model file (`spiece.model`), a Unigram `tokenizer.json` of transformers, or a folder that holds either. Broken
  /// files, and models without <pad> or </s>, are refused with a sentence.
  explicit Tokenizer(const std::filesystem::path& model);
  /// The bytes of a SentencePiece model, and a name for errors.
  Tokenizer(std::string_view bytes, std::string name);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;

  /// The ids of a prompt, </s> last. The prompt must pass `check_prompt`.
  std::vector<int64_t> encode(std::string_view prompt) const;
  /// The text of ids; <pad> and </s> are left out, ids outside the vocabulary are an error.
  std::string decode(const std::vector<int64_t>& ids) const;
  /// Prompts cut to at most `limit` tokens, of which the last is </s>, and padded at the right.
  Tokens batch(const std::vector<std::string>& prompts, int64_t limit, Padding padding = Padding::to_longest) const;

  /// The part of a prompt that `batch` omits, from the first token that does not fit; empty if all fits.
  std::string text_after_limit(std::string_view prompt, int64_t limit) const;

  /// The piece of an id as the model has it: "▁cat".
  std::string piece(int64_t id) const;
  int64_t vocabulary_size() const;
  int64_t pad_id() const;
  int64_t end_id() const;      // </s>
  int64_t unknown_id() const;  // <unk>

 private:
  std::string name_;  // of the file, for errors
  std::unique_ptr<sentencepiece::SentencePieceProcessor> model_;
};

/// Learns a Unigram vocabulary (Kudo 2018) of at most `size` pieces from captions and writes it as the SentencePiece model `out`.
/// Special ids are T5's (<pad> 0, </s> 1, <unk> 2); text is NFKC-normalised and case-folded by the model itself; characters that
/// the captions lack fall back to bytes, so nothing is unknown. No piece is longer than a word, in Chinese as in English. The same
/// captions give the same file.
void train_vocabulary(const std::vector<std::string>& sentences, int64_t size, const std::filesystem::path& out);

}  // namespace zoetrope::text
