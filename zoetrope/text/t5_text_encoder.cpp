#include "zoetrope/text/t5_text_encoder.h"

#include "zoetrope/base/error.h"
#include "zoetrope/tensor/build_model.h"
#include "zoetrope/text/t5_keys.h"

namespace zoetrope::text {
namespace {

tensor::Checkpoint with_t5_keys(tensor::Checkpoint checkpoint) {
  use_t5_keys(checkpoint);
  return checkpoint;
}

/// The tokenizer whose vocabulary is in an encoder's file.
Tokenizer tokenizer_in(tensor::Checkpoint& encoder) {
  if (!encoder.has(vocabulary_key))
    throw base::Error("{}: contains no vocabulary (a tensor '{}'), so it needs a tokenizer", encoder.path(), vocabulary_key);
  Tensor bytes = encoder.get(vocabulary_key, encoder.entry(vocabulary_key).shape).cpu().contiguous();
  return Tokenizer({static_cast<const char*>(bytes.data_ptr()), bytes.nbytes()}, fmt::format("{}: '{}'", encoder.path(), vocabulary_key));
}

T5Encoder build_encoder(tensor::Checkpoint& checkpoint) {
  T5Config config = checkpoint.folder().empty() ? t5_config_of(checkpoint) : tensor::read_config<T5Config>(checkpoint.folder());
  // One table of embeddings has two names; files hold either, or both. ComfyUI's hold the vocabulary, too, and whole T5 models a decoder.
  std::set<std::string> ignored{"encoder.embed_tokens.weight", "encoder.embed_tokens.weight_scale", vocabulary_key, "lm_head.weight"};
  for (const std::string& name : checkpoint.names())
    if (name.starts_with("decoder.")) ignored.insert(name);
  return tensor::build_model(
      checkpoint, [&](tensor::Weights w) { return T5Encoder(w, config); }, ignored);
}

}  // namespace

bool has_vocabulary(const tensor::Checkpoint& encoder) { return with_t5_keys(encoder).has(vocabulary_key); }

T5TextEncoder::T5TextEncoder(Tokenizer tokenizer, T5Encoder encoder, int64_t limit)
    : tokenizer_(std::move(tokenizer)), encoder_(std::move(encoder)), limit_(limit) {
  check();
}

T5TextEncoder::T5TextEncoder(const std::filesystem::path& model, int64_t limit, const tensor::Placement& placement)
    : T5TextEncoder(model / "tokenizer", tensor::Checkpoint(model / "text_encoder", placement), limit) {}

T5TextEncoder::T5TextEncoder(const std::optional<std::filesystem::path>& tokenizer, tensor::Checkpoint encoder, int64_t limit)
    : mapped_(with_t5_keys(std::move(encoder))),
      tokenizer_(tokenizer ? Tokenizer(*tokenizer) : tokenizer_in(*mapped_)),
      encoder_(build_encoder(*mapped_)),
      limit_(limit) {
  check();
}

void T5TextEncoder::check() const {
  if (tokenizer_.vocabulary_size() > encoder_.config.vocabulary)
    throw base::Error("the tokenizer has {} pieces, more than the {} of the text encoder; they are not from the same model",
                      tokenizer_.vocabulary_size(), encoder_.config.vocabulary);
}

TextEmbedding T5TextEncoder::encode(const std::vector<std::string>& prompts) const {
  Tokens tokens = tokenizer_.batch(prompts, limit_);
  tokens.ids = tokens.ids.to(encoder_.embedding.weight.device());
  tokens.mask = tokens.mask.to(encoder_.embedding.weight.device());
  return {encoder_(tokens.ids, tokens.mask), tokens.mask};
}

void T5TextEncoder::release_memory() const {
  if (mapped_) mapped_->drop_pages();
}

}  // namespace zoetrope::text
