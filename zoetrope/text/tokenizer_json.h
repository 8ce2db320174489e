#pragma once
#include <string>

#include "zoetrope/base/json.h"

namespace zoetrope::text {

/// The SentencePiece model that a Unigram `tokenizer.json` of transformers was made from, as the bytes of a `spiece.model`: its pieces
/// and scores, its map of characters and its way with spaces. What is no Unigram tokenizer is refused with a sentence that names `name`.
std::string sentencepiece_of(const base::Json& tokenizer, const std::string& name);

}  // namespace zoetrope::text
