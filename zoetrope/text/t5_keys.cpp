#include "zoetrope/text/t5_keys.h"

#include "zoetrope/base/error.h"

namespace zoetrope::text {

const tensor::KeyStyle& t5_keys() {
  static const tensor::KeyStyle style([] {
    const std::string attention = "encoder.block.#.layer.0", feed_forward = "encoder.block.#.layer.1";
    std::vector<tensor::KeyRule> rules{{"token_embedding.*", "shared.*"},
                                       {"blocks.#.norm1.*", attention + ".layer_norm.*"},
                                       {"blocks.#.pos_embedding.embedding.*", attention + ".SelfAttention.relative_attention_bias.*"},
                                       {"blocks.#.norm2.*", feed_forward + ".layer_norm.*"},
                                       {"blocks.#.ffn.gate.0.*", feed_forward + ".DenseReluDense.wi_0.*"},
                                       {"blocks.#.ffn.fc1.*", feed_forward + ".DenseReluDense.wi_1.*"},
                                       {"blocks.#.ffn.fc2.*", feed_forward + ".DenseReluDense.wo.*"},
                                       {"norm.weight", "encoder.final_layer_norm.weight"}};
    for (const char* part : {"q", "k", "v", "o"})
      rules.push_back({fmt::format("blocks.#.attn.{}.*", part), fmt::format("{}.SelfAttention.{}.*", attention, part)});
    return rules;
  }());
  return style;
}

const tensor::KeyStyle& t5_gguf_keys() {
  static const tensor::KeyStyle style([] {
    const std::string attention = "encoder.block.#.layer.0", feed_forward = "encoder.block.#.layer.1";
    std::vector<tensor::KeyRule> rules{{"token_embd.*", "shared.*"},
                                       {"enc.output_norm.*", "encoder.final_layer_norm.*"},
                                       {"enc.blk.#.attn_norm.*", attention + ".layer_norm.*"},
                                       {"enc.blk.#.attn_rel_b.*", attention + ".SelfAttention.relative_attention_bias.*"},
                                       {"enc.blk.#.ffn_norm.*", feed_forward + ".layer_norm.*"},
                                       {"enc.blk.#.ffn_gate.*", feed_forward + ".DenseReluDense.wi_0.*"},
                                       {"enc.blk.#.ffn_up.*", feed_forward + ".DenseReluDense.wi_1.*"},
                                       {"enc.blk.#.ffn_down.*", feed_forward + ".DenseReluDense.wo.*"}};
    for (const char* part : {"q", "k", "v", "o"})
      rules.push_back({fmt::format("enc.blk.#.attn_{}.*", part), fmt::format("{}.SelfAttention.{}.*", attention, part)});
    return rules;
  }());
  return style;
}

const std::vector<std::string>& comfyui_prefixes() {
  static const std::vector<std::string> all{"text_encoders.", "cond_stage_model."};
  return all;
}

namespace {

/// Where the encoder is in a file with a whole model of ComfyUI, "text_encoders.umt5xxl.transformer.": what stands before its embeddings.
std::string prefix_of_encoder(const tensor::Checkpoint& checkpoint) {
  for (std::string_view embeddings : {"shared.weight", "encoder.embed_tokens.weight", "token_embedding.weight"})
    for (const std::string& name : checkpoint.names())
      if (tensor::starts_with_any(name, comfyui_prefixes()) && name.ends_with(embeddings))
        return name.substr(0, name.size() - embeddings.size());
  return "";
}

}  // namespace

void use_t5_keys(tensor::Checkpoint& checkpoint) {
  if (const std::string prefix = prefix_of_encoder(checkpoint); !prefix.empty()) {
    // The vocabulary stands beside the encoder, not in it.
    checkpoint.rename(
        [&](const std::string& name) { return name.ends_with(std::string(".") + vocabulary_key) ? prefix + vocabulary_key : name; });
    checkpoint.select({prefix});
  }
  checkpoint.rename(
      [](const std::string& name) { return t5_keys().to_canonical(name).value_or(t5_gguf_keys().to_canonical(name).value_or(name)); });
}

T5Config t5_config_of(const tensor::Checkpoint& checkpoint) {
  auto shape = [&](const std::string& name) {
    std::vector<int64_t> sizes = checkpoint.entry(name).shape;
    if (sizes.size() != 2) throw base::Error("{}: is not a T5 encoder: '{}' is not a matrix", checkpoint.path(), name);
    return sizes;
  };
  const std::string first = "encoder.block.0.layer.", bias = ".layer.0.SelfAttention.relative_attention_bias.weight";
  T5Config c;
  std::vector<int64_t> table = shape(checkpoint.has("shared.weight") ? "shared.weight" : "encoder.embed_tokens.weight");
  c.vocabulary = table[0], c.width = table[1];
  c.buckets = shape("encoder.block.0" + bias)[0], c.heads = shape("encoder.block.0" + bias)[1];
  c.head_width = shape(first + "0.SelfAttention.q.weight")[0] / std::max<int64_t>(1, c.heads);
  c.feed_forward = shape(first + "1.DenseReluDense.wi_0.weight")[0];
  for (c.layers = 0; checkpoint.has(fmt::format("encoder.block.{}.layer.0.layer_norm.weight", c.layers));) ++c.layers;
  c.per_layer_bias = checkpoint.has("encoder.block.1" + bias);
  return c;
}

}  // namespace zoetrope::text
