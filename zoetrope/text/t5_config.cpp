#include "zoetrope/base/error.h"
#include "zoetrope/tensor/config_size.h"
#include "zoetrope/text/t5.h"

namespace zoetrope::text {
namespace {

/// A size from config.json, or `otherwise` where old files lack it.
int64_t size(const base::Json& json, const char* key, std::optional<int64_t> otherwise = {}) {
  constexpr int64_t largest = int64_t{1} << 24;
  if (!json.contains(key)) {
    if (otherwise) return *otherwise;
    throw base::Error("the text encoder's config.json has no '{}'", key);
  }
  return tensor::config_size(json.at(key), key, "text encoder", largest);
}

/// A word from config.json, or nothing.
std::string word(const base::Json& json, const char* key) {
  return json.contains(key) && json.at(key).is_string() ? json.at(key).get<std::string>() : std::string();
}

}  // namespace

T5Config T5Config::from_json(const base::Json& json) {
  if (!json.is_object()) throw base::Error("the text encoder's config.json must be a JSON object");
  std::string type = word(json, "model_type"), activation = word(json, "feed_forward_proj");
  if (type != "t5" && type != "umt5") throw base::Error("text encoders of the type '{}' are not supported; t5 and umt5 are", type);
  if (activation != "gated-gelu")
    throw base::Error("T5 encoders with '{}' layers are not supported; gated-gelu (T5 v1.1, UMT5) is", activation);

  T5Config c;
  c.vocabulary = size(json, "vocab_size");
  c.width = size(json, "d_model");
  c.head_width = size(json, "d_kv");
  c.heads = size(json, "num_heads");
  c.feed_forward = size(json, "d_ff");
  c.layers = size(json, "num_layers");
  c.buckets = size(json, "relative_attention_num_buckets", c.buckets);
  c.max_distance = size(json, "relative_attention_max_distance", c.max_distance);
  c.per_layer_bias = type == "umt5";
  if (json.contains("layer_norm_epsilon") && json.at("layer_norm_epsilon").is_number()) c.epsilon = json.at("layer_norm_epsilon");
  if (c.buckets < 4 || c.max_distance <= c.buckets / 4)
    throw base::Error("{} distance buckets up to {} are not possible; T5 has 32 up to 128", c.buckets, c.max_distance);
  return c;
}

base::Json T5Config::to_json() const {
  return {{"architectures", {per_layer_bias ? "UMT5EncoderModel" : "T5EncoderModel"}},
          {"model_type", per_layer_bias ? "umt5" : "t5"},
          {"vocab_size", vocabulary},
          {"d_model", width},
          {"d_kv", head_width},
          {"num_heads", heads},
          {"d_ff", feed_forward},
          {"num_layers", layers},
          {"relative_attention_num_buckets", buckets},
          {"relative_attention_max_distance", max_distance},
          {"layer_norm_epsilon", epsilon},
          {"feed_forward_proj", "gated-gelu"}};
}

}  // namespace zoetrope::text
