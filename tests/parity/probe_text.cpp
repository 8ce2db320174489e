#include <ATen/core/grad_mode.h>

#include "tests/parity/probe.h"
#include "zoetrope/text/prompt.h"
#include "zoetrope/text/t5_text_encoder.h"

namespace zoetrope::parity {
namespace {

std::vector<std::string> prompts(const base::Json& settings) { return settings.at("prompts").get<std::vector<std::string>>(); }

/// {model, prompts, limit} -> ids and mask, padded to the longest prompt.
Tensors tokenize(const base::Json& settings, const Tensors&) {
  text::Tokenizer tokenizer(settings.at("model").get<std::string>());
  text::Tokens tokens = tokenizer.batch(prompts(settings), settings.at("limit"));
  return {{"ids", tokens.ids}, {"mask", tokens.mask}};
}

/// {prompts} -> the bytes of each clean prompt, by its number.
Tensors clean(const base::Json& settings, const Tensors&) {
  Tensors out;
  for (const std::string& prompt : prompts(settings)) {
    std::string text = text::clean(prompt);
    out[std::to_string(out.size())] = at::from_blob(text.data(), {static_cast<int64_t>(text.size())}, at::kByte).clone();
  }
  return out;
}

/// {folder, prompts, limit, dtype} -> states and mask of the text encoder in a model folder.
Tensors encode_text(const base::Json& settings, const Tensors&) {
  at::NoGradGuard inference;
  text::T5TextEncoder encoder(settings.at("folder").get<std::string>(), settings.at("limit"), placement(settings));
  text::TextEmbedding embedding = encoder.encode(prompts(settings));
  return {{"states", embedding.states}, {"mask", embedding.mask}};
}

}  // namespace

std::map<std::string, Command> text_commands() { return {{"tokenize", tokenize}, {"clean", clean}, {"encode_text", encode_text}}; }

}  // namespace zoetrope::parity
