#include "zoetrope/tensor/lora.h"

#include <algorithm>
#include <cmath>

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/tensor/linear.h"

namespace zoetrope::tensor {
namespace {

enum class Part { down, up, alpha, full_diff, bias_diff };

const std::vector<std::pair<std::string, Part>> endings{{".lora_A.weight", Part::down},
                                                        {".lora_A.default.weight", Part::down},
                                                        {".lora_down.weight", Part::down},
                                                        {".lora_B.weight", Part::up},
                                                        {".lora_B.default.weight", Part::up},
                                                        {".lora_up.weight", Part::up},
                                                        {".alpha", Part::alpha},
                                                        {".diff", Part::full_diff},
                                                        {".diff_b", Part::bias_diff}};

const std::vector<std::string> prefixes{"base_model.model.", "model.diffusion_model.", "diffusion_model.", "transformer.", "lora_unet_"};

/// Names differ in dots and underscores from tool to tool; without them a layer is the same everywhere.
std::string plain(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

/// The layers of a checkpoint by the plain form of their names, in our style and in the original one.
std::map<std::string, std::string> layers_of(const Checkpoint& checkpoint, const KeyStyle& style) {
  constexpr std::string_view weight = ".weight";
  std::map<std::string, std::string> layers;
  for (const std::string& name : checkpoint.names()) {
    if (!name.ends_with(weight)) continue;
    std::string layer = name.substr(0, name.size() - weight.size());
    layers[plain(layer)] = layer;
    if (auto original = style.to_original(name)) layers[plain(original->substr(0, original->size() - weight.size()))] = layer;
  }
  return layers;
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

/// A linear layer with changes of low rank beside it.
class LoraLinear : public LinearKernel {
 public:
  /// `base`: how the layer multiplies without its changes; null for the plain product.
  LoraLinear(std::shared_ptr<const LinearKernel> base, Tensor weight, Tensor bias, std::vector<LoraWeights::LowRankUpdate> changes)
      : base_(std::move(base)), weight_(std::move(weight)), bias_(std::move(bias)), changes_(std::move(changes)) {}

  Tensor apply(const Tensor& x) const override {
    at::ScalarType dtype = x.scalar_type();
    Tensor y = base_ ? base_->apply(x) : tensor::linear(x, weight_, bias_);
    for (const auto& [down, up, scale] : changes_) y = y.add(at::linear(at::linear(x, down.to(dtype)), up.to(dtype)), scale);
    return y;
  }

 private:
  std::shared_ptr<const LinearKernel> base_;
  Tensor weight_, bias_;
  std::vector<LoraWeights::LowRankUpdate> changes_;
};

}  // namespace

LoraWeights::LoraWeights(Checkpoint& base, const std::vector<LoraSpec>& loras, const KeyStyle& style)
    : WeightSource(base.placement()), base_(&base) {
  std::map<std::string, std::string> layers = layers_of(base, style);
  for (const LoraSpec& lora : loras) add(lora, layers);
}

void LoraWeights::add(const LoraSpec& lora, const std::map<std::string, std::string>& layers) {
  SafetensorsFile file(lora.file);
  AdapterSettings settings = adapter_settings(file, lora.file);
  std::map<std::string, LowRankUpdate> changes;
  std::map<std::string, double> alphas;
  std::vector<std::string> unmatched;
  for (const std::string& key : file.names()) {
    auto ending = std::find_if(endings.begin(), endings.end(), [&](const auto& e) { return key.ends_with(e.first); });
    std::string name = ending == endings.end() ? key : key.substr(0, key.size() - ending->first.size());
    for (const std::string& prefix : prefixes)
      if (name.starts_with(prefix)) name = name.substr(prefix.size());
    auto layer = layers.find(plain(name));
    if (ending == endings.end() || layer == layers.end()) {
      unmatched.push_back(key);
      continue;
    }
    Tensor value = file.tensor(key).to(placement_.device);
    switch (ending->second) {
      case Part::down:
        changes[layer->second].down = value;
        break;
      case Part::up:
        changes[layer->second].up = value;
        break;
      case Part::alpha:
        alphas[layer->second] = value.to(at::kDouble).item<double>();
        break;
      case Part::full_diff:
        full_diffs_[layer->second + ".weight"].emplace_back(value, lora.scale);
        break;
      case Part::bias_diff:
        full_diffs_[layer->second + ".bias"].emplace_back(value, lora.scale);
        break;
    }
  }
  if (!unmatched.empty()) {
    constexpr ptrdiff_t shown = 8;
    std::vector<std::string> first(unmatched.begin(), unmatched.begin() + std::min(shown, std::ssize(unmatched)));
    throw base::Error("{}: {} of its {} keys match no layer of this model, or are of an unsupported kind: {}{}", lora.file.string(),
                      unmatched.size(), file.names().size(), fmt::join(first, ", "), std::ssize(unmatched) > shown ? ", ..." : "");
  }
  for (auto& [layer, change] : changes) {
    check(change, layer, lora.file.string());
    auto rank = static_cast<double>(change.down.size(0));
    change.scale = lora.scale * (alphas.contains(layer) ? alphas.at(layer) / rank : settings.scale(rank));
    changes_[layer].push_back(change);
  }
}

void LoraWeights::check(const LowRankUpdate& update, const std::string& layer, const std::string& file) const {
  if (!update.down.defined() || !update.up.defined())
    throw base::Error("{}: the update of '{}' has only one of its two matrices", file, layer);
  if (update.down.dim() < 2 || update.up.dim() < 2) throw base::Error("{}: the update of '{}' does not consist of matrices", file, layer);
  std::vector<int64_t> weight = base_->entry(layer + ".weight").shape;
  std::vector<int64_t> into(weight.begin() + 1, weight.end()), down(update.down.sizes().begin() + 1, update.down.sizes().end());
  if (into != down || update.up.size(0) != weight[0] || update.up.numel() != weight[0] * update.down.size(0))
    throw base::Error("{}: the update of '{}' is [{}] x [{}], which does not match its weight [{}]", file, layer,
                      fmt::join(update.up.sizes(), ","), fmt::join(update.down.sizes(), ","), fmt::join(weight, ","));
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
  return found == changes_.end() ? base : std::make_shared<LoraLinear>(base, weight, bias, found->second);
}

Tensor LoraWeights::changed(const std::string& name, bool with_low_rank) const {
  constexpr std::string_view weight = ".weight";
  Tensor value = base_->dequantized(name), sum = value.to(at::kFloat);
  if (auto found = full_diffs_.find(name); found != full_diffs_.end())
    for (const auto& [difference, scale] : found->second) {
      if (difference.sizes() != value.sizes())
        throw base::Error("the difference of '{}' is [{}], but the parameter is [{}]", name, fmt::join(difference.sizes(), ","),
                          fmt::join(value.sizes(), ","));
      sum = sum.add(difference.to(at::kFloat), scale);
    }
  auto found = name.ends_with(weight) ? changes_.find(name.substr(0, name.size() - weight.size())) : changes_.end();
  if (with_low_rank && found != changes_.end())
    for (const auto& [down, up, scale] : found->second)
      sum = sum.add(up.to(at::kFloat).flatten(1).matmul(down.to(at::kFloat).flatten(1)).view(value.sizes()), scale);
  return sum;
}

}  // namespace zoetrope::tensor
