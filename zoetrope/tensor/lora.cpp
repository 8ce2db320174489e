#include "zoetrope/tensor/lora.h"

#include <algorithm>
#include <cmath>
#include <regex>
#include <set>

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/tensor/linear.h"

namespace zoetrope::tensor {
namespace {

enum class Part { down, up, alpha, weight_diff, bias_diff, modulation_diff, up_bias };

/// How a key ends, what it then is, and the parameter that it changes: that of the layer with this name.
struct Ending {
  std::string text;
  Part part;
  std::string parameter;
};

const std::vector<Ending> endings{{".lora_A.weight", Part::down, ".weight"},
                                  {".lora_A.default.weight", Part::down, ".weight"},
                                  {".lora_down.weight", Part::down, ".weight"},
                                  {".lora_B.weight", Part::up, ".weight"},
                                  {".lora_B.default.weight", Part::up, ".weight"},
                                  {".lora_up.weight", Part::up, ".weight"},
                                  {".alpha", Part::alpha, ".weight"},
                                  {".diff", Part::weight_diff, ".weight"},
                                  {".diff_b", Part::bias_diff, ".bias"},
                                  {".diff_m", Part::modulation_diff, ".modulation"},  // of LightX2V
                                  {".lora_B.bias", Part::up_bias, ".bias"},
                                  {".lora_B.default.bias", Part::up_bias, ".bias"},
                                  {".lora_up.bias", Part::up_bias, ".bias"}};

const std::vector<std::string> prefixes{"base_model.model.", "model.diffusion_model.", "diffusion_model.", "transformer.", "lora_unet__",
                                        "lora_unet_"};

/// The parameters of a checkpoint by their names with underscores alone, in our style and in the original one.
std::map<std::string, std::string> parameters_of(const Checkpoint& checkpoint, const KeyStyle& style) {
  std::map<std::string, std::string> parameters;
  for (const std::string& name : checkpoint.names()) {
    parameters[with_underscores(name)] = name;
    if (auto original = style.to_original(name)) parameters[with_underscores(*original)] = name;
  }
  return parameters;
}

/// The first of many names.
std::string first_of(const std::set<std::string>& names) {
  constexpr size_t shown = 8;
  std::vector<std::string> first(names.begin(), std::next(names.begin(), static_cast<ptrdiff_t>(std::min(shown, names.size()))));
  return fmt::format("{}{}", fmt::join(first, ", "), names.size() > shown ? ", ..." : "");
}

/// Keys with a star for each number, each once: those of all blocks are one.
std::set<std::string> without_numbers(const std::vector<std::string>& keys) {
  static const std::regex number(R"(([._])\d+(?=[._]))");
  std::set<std::string> names;
  for (const std::string& key : keys) names.insert(std::regex_replace(key, number, "$1*"));
  return names;
}

/// What a file of diffusers or peft says about all of its changes: alpha, where no tensor says it. diffusers writes it into the file's
/// metadata (`lora_adapter_metadata`), peft into adapter_config.json beside it.
struct AdapterSettings {
  std::optional<double> alpha;
  bool by_root = false;  // alpha / sqrt(rank) instead of alpha / rank (rsLoRA)

  double scale(double rank) const { return alpha ? *alpha / (by_root ? std::sqrt(rank) : rank) : 1; }
};

AdapterSettings adapter_settings(const SafetensorsFile& file, const std::filesystem::path& path) {
  constexpr const char* metadata = "lora_adapter_metadata";
  std::filesystem::path beside = path.parent_path() / "adapter_config.json";
  base::Json json = base::Json::object();
  if (file.metadata().contains(metadata)) {
    json = base::Json::parse(file.metadata().at(metadata), nullptr, /*allow_exceptions=*/false);
  } else if (path.filename() == "adapter_model.safetensors" && std::filesystem::exists(beside)) {
    json = base::read_json(beside);
  }
  if (!json.is_object()) throw base::Error("{}: its LoRA settings are not a JSON object", path.string());
  AdapterSettings settings;
  for (const auto& [key, value] : json.items()) {  // diffusers writes "transformer." before each
    std::string name = key.substr(key.rfind('.') + 1);
    if (name == "lora_alpha" && value.is_number()) settings.alpha = value.get<double>();
    if (name == "use_rslora" && value == true) settings.by_root = true;
    bool varies = name == "alpha_pattern" && value.is_object() && !value.empty();
    if (varies || (name == "use_dora" && value == true))
      throw base::Error("{}: '{}' is {}, which is not supported", path.string(), name, value.dump());
  }
  return settings;
}

/// A key of a LoRA file: which part it is of the update of which parameter.
struct Key {
  std::string key;
  Part part;
  std::string parameter;
};

/// The keys of a LoRA file: those that change a layer, by its name; those for parts that other models of the family have; and all others.
struct Keys {
  std::map<std::string, std::vector<Key>> of_layers;
  std::vector<std::string> left_out, unknown;
};

Keys sort_keys(const SafetensorsFile& file, const std::map<std::string, std::string>& parameters, const KeyStyle& style) {
  Keys keys;
  for (const std::string& key : file.names()) {
    auto ending = std::ranges::find_if(endings, [&](const Ending& e) { return key.ends_with(e.text); });
    if (ending == endings.end()) {
      keys.unknown.push_back(key);
      continue;
    }
    std::string name = key.substr(0, key.size() - ending->text.size());
    for (const std::string& prefix : prefixes)
      if (name.starts_with(prefix)) name = name.substr(prefix.size());
    name += ending->parameter;
    if (auto found = parameters.find(with_underscores(name)); found != parameters.end())
      keys.of_layers[found->second.substr(0, found->second.rfind('.'))].push_back({key, ending->part, found->second});
    else
      (style.is_optional(name) ? keys.left_out : keys.unknown).push_back(key);
  }
  return keys;
}

/// What a LoRA file changes of one layer.
struct LayerUpdate {
  LowRankUpdate low_rank;  // its matrices are undefined where there is none
  std::optional<double> alpha;
  std::vector<std::pair<std::string, Tensor>> diffs, up_biases;  // by parameter
};

LayerUpdate read_update(const SafetensorsFile& file, const std::vector<Key>& keys, at::Device device) {
  LayerUpdate update;
  for (const auto& [key, part, parameter] : keys) {
    Tensor value = file.tensor(key).to(device);
    if (part == Part::down)
      update.low_rank.down = value;
    else if (part == Part::up)
      update.low_rank.up = value;
    else if (part == Part::alpha)
      update.alpha = value.to(at::kDouble).item<double>();
    else
      (part == Part::up_bias ? update.up_biases : update.diffs).emplace_back(parameter, value);
  }
  return update;
}

/// Why an update does not fit the layer; empty if it does.
std::string mismatch(const Checkpoint& base, const std::string& layer, const LayerUpdate& update) {
  const auto& [down, up, scale] = update.low_rank;
  if (down.defined() != up.defined() || (!update.up_biases.empty() && !up.defined()))
    return fmt::format("the update of '{}' has only one of its two matrices", layer);
  if (up.defined()) {
    if (down.dim() < 2 || up.dim() < 2) return fmt::format("the update of '{}' does not consist of matrices", layer);
    std::vector<int64_t> weight = base.entry(layer + ".weight").shape;
    std::vector<int64_t> into(weight.begin() + 1, weight.end()), of_down(down.sizes().begin() + 1, down.sizes().end());
    if (into != of_down || up.size(0) != weight[0] || up.numel() != weight[0] * down.size(0))
      return fmt::format("the update of '{}' is [{}] x [{}], which does not match its weight [{}]", layer, fmt::join(up.sizes(), ","),
                         fmt::join(down.sizes(), ","), fmt::join(weight, ","));
  }
  for (const auto* diffs : {&update.diffs, &update.up_biases})
    for (const auto& [parameter, diff] : *diffs)
      if (const std::vector<int64_t>& shape = base.entry(parameter).shape; diff.sizes() != at::IntArrayRef(shape))
        return fmt::format("the difference of '{}' is [{}], but the parameter is [{}]", parameter, fmt::join(diff.sizes(), ","),
                           fmt::join(shape, ","));
  return "";
}

/// A linear layer with changes of low rank beside it.
class LoraLinear : public LinearKernel {
 public:
  /// `base`: how the layer multiplies without its changes; null for the plain product.
  LoraLinear(std::shared_ptr<const LinearKernel> base, Tensor weight, Tensor bias, std::vector<LowRankUpdate> changes)
      : base_(std::move(base)), weight_(std::move(weight)), bias_(std::move(bias)), changes_(std::move(changes)) {}

  Tensor apply(const Tensor& x) const override {
    at::ScalarType dtype = x.scalar_type();
    Tensor y = base_ ? base_->apply(x) : tensor::linear(x, weight_, bias_);
    for (const auto& [down, up, scale] : changes_) y = y.add(at::linear(at::linear(x, down.to(dtype)), up.to(dtype)), scale);
    return y;
  }

  Tensor rows(const Tensor& ids) const override {
    Tensor y = base_ ? base_->rows(ids) : at::embedding(weight_, ids).to(at::kFloat);
    for (const auto& [down, up, scale] : changes_) y = y.add(at::embedding(up, ids).to(at::kFloat).matmul(down.to(at::kFloat)), scale);
    return y;
  }

 private:
  std::shared_ptr<const LinearKernel> base_;
  Tensor weight_, bias_;
  std::vector<LowRankUpdate> changes_;
};

}  // namespace

std::shared_ptr<const LinearKernel> low_rank_kernel(std::shared_ptr<const LinearKernel> base, const Tensor& weight, const Tensor& bias,
                                                    std::vector<LowRankUpdate> updates) {
  return std::make_shared<LoraLinear>(std::move(base), weight, bias, std::move(updates));
}

LoraWeights::LoraWeights(Checkpoint& base, const std::vector<LoraSpec>& loras, const KeyStyle& style)
    : WeightSource(base.placement()), base_(&base) {
  const std::map<std::string, std::string> parameters = parameters_of(base, style);
  for (const LoraSpec& lora : loras) add(lora, parameters, style);
}

void LoraWeights::add(const LoraSpec& lora, const std::map<std::string, std::string>& parameters, const KeyStyle& style) {
  const SafetensorsFile file(lora.file);
  const std::string path = lora.file.string();
  const AdapterSettings settings = adapter_settings(file, lora.file);
  const size_t total = file.names().size();
  const double scale = lora.scale.value_or(1);
  Keys keys = sort_keys(file, parameters, style);
  if (!keys.unknown.empty())
    throw base::Error("{}: {} of its {} keys match no layer of this model, or are of an unsupported kind: {}", path, keys.unknown.size(),
                      total, first_of({keys.unknown.begin(), keys.unknown.end()}));
  for (const auto& [layer, of_layer] : keys.of_layers) {
    LayerUpdate update = read_update(file, of_layer, placement_.device);
    if (std::string reason = mismatch(*base_, layer, update); !reason.empty()) {
      if (!style.is_optional(layer + ".weight")) throw base::Error("{}: {}", path, reason);
      for (const Key& key : of_layer) keys.left_out.push_back(key.key);
      continue;
    }
    for (const auto& [parameter, diff] : update.diffs) full_diffs_[parameter].emplace_back(diff, scale);
    if (!update.low_rank.up.defined()) continue;
    auto rank = static_cast<double>(update.low_rank.down.size(0));
    update.low_rank.scale = scale * (update.alpha ? *update.alpha / rank : settings.scale(rank));
    for (const auto& [parameter, bias] : update.up_biases) full_diffs_[parameter].emplace_back(bias, update.low_rank.scale);
    changes_[layer].push_back(update.low_rank);
  }
  if (keys.left_out.empty()) return;
  std::string sentence = fmt::format("{}: {} of its {} keys are for parts that this model does not have: {}", path, keys.left_out.size(),
                                     total, first_of(without_numbers(keys.left_out)));
  if (lora.strict || keys.left_out.size() == total) throw base::Error("{}", sentence);
  notices_.push_back(sentence + "; the others are used");
}

bool LoraWeights::changes(const std::string& name) const {
  constexpr std::string_view weight = ".weight";
  return full_diffs_.contains(name) || (name.ends_with(weight) && changes_.contains(name.substr(0, name.size() - weight.size())));
}

Tensor LoraWeights::get(const std::string& name, at::IntArrayRef shape) {
  Tensor value = base_->get(name, shape);
  constexpr std::string_view weight = ".weight";
  // What is no matrix belongs to a convolution, which has no kernel to add a change.
  bool convolution = value.dim() > 2 && name.ends_with(weight) && changes_.contains(name.substr(0, name.size() - weight.size()));
  return full_diffs_.contains(name) || convolution ? changed(name, convolution) : value;
}

std::shared_ptr<const LinearKernel> LoraWeights::kernel(const std::string& layer, const Tensor& weight, const Tensor& bias) {
  // A weight with a difference was scaled before the difference was added.
  auto base = full_diffs_.contains(layer + ".weight") ? nullptr : base_->kernel(layer, weight, bias);
  auto found = changes_.find(layer);
  return found == changes_.end() ? base : low_rank_kernel(base, weight, bias, found->second);
}

Tensor LoraWeights::changed(const std::string& name, bool with_low_rank) const {
  constexpr std::string_view weight = ".weight";
  Tensor value = base_->dequantized(name), sum = value.to(at::kFloat);
  if (auto found = full_diffs_.find(name); found != full_diffs_.end())
    for (const auto& [difference, scale] : found->second) sum = sum.add(difference.to(at::kFloat), scale);
  auto found = name.ends_with(weight) ? changes_.find(name.substr(0, name.size() - weight.size())) : changes_.end();
  if (with_low_rank && found != changes_.end())
    for (const auto& [down, up, scale] : found->second)
      sum = sum.add(up.to(at::kFloat).flatten(1).matmul(down.to(at::kFloat).flatten(1)).view(value.sizes()), scale);
  return sum;
}

}  // namespace zoetrope::tensor
