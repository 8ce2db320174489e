#include "zoetrope/text/t5_text_encoder.h"

#include "zoetrope/base/error.h"
#include "zoetrope/tensor/build_model.h"
#include "zoetrope/text/t5_keys.h"

namespace zoetrope::text {
namespace {

tensor::Checkpoint open_encoder(const std::filesystem::path& path, const tensor::Placement& placement) {
  tensor::Checkpoint checkpoint(path, placement);
  use_t5_keys(checkpoint);
  return checkpoint;
}

T5Encoder build_encoder(tensor::Checkpoint& checkpoint, const std::filesystem::path& path) {
  T5Config config = std::filesystem::is_directory(path) ? tensor::read_config<T5Config>(path) : t5_config_of(checkpoint);
  // One table of embeddings has two names; files hold either, or both. ComfyUI's hold the vocabulary, too, and whole T5 models a decoder.
  std::set<std::string> ignored{"encoder.embed_tokens.weight", "spiece_model", "lm_head.weight"};
  for (const std::string& name : checkpoint.names())
    if (name.starts_with("decoder.")) ignored.insert(name);
  return tensor::build_model(
      checkpoint, [&](tensor::Weights w) { return T5Encoder(w, config); }, ignored);
}

}  // namespace

T5TextEncoder::T5TextEncoder(Tokenizer tokenizer, T5Encoder encoder, int64_t limit)
    : tokenizer_(std::move(tokenizer)), encoder_(std::move(encoder)), limit_(limit) {
  check();
}

T5TextEncoder::T5TextEncoder(const std::filesystem::path& model, int64_t limit, const tensor::Placement& placement)
    : T5TextEncoder(model / "tokenizer", model / "text_encoder", limit, placement) {}

T5TextEncoder::T5TextEncoder(const std::filesystem::path& tokenizer, const std::filesystem::path& encoder, int64_t limit,
                             const tensor::Placement& placement)
    : mapped_(open_encoder(encoder, placement)), tokenizer_(tokenizer), encoder_(build_encoder(*mapped_, encoder)), limit_(limit) {
  check();
}

void T5TextEncoder::check() const {
  if (tokenizer_.vocabulary_size() > encoder_.config.vocabulary)
    throw base::Error("the tokenizer has {} pieces, more than the {} of the text encoder; they are not from the same model",
                      tokenizer_.vocabulary_size(), encoder_.config.vocabulary);
}

TextEmbedding T5TextEncoder::encode(const std::vector<std::string>& prompts) const {
  Tokens tokens = tokenizer_.batch(prompts, limit_);
  tokens.ids = tokens.ids.to(encoder_.embedding.device());
  tokens.mask = tokens.mask.to(encoder_.embedding.device());
  return {encoder_(tokens.ids, tokens.mask), tokens.mask};
}

void T5TextEncoder::release_memory() const {
  if (mapped_) mapped_->drop_pages();
}

}  // namespace zoetrope::text
