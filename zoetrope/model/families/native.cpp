#include <algorithm>

#include "zoetrope/autoencoder/native/autoencoder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/model/distilled.h"
#include "zoetrope/model/families/families.h"
#include "zoetrope/model/json_fields.h"
#include "zoetrope/text/prompt.h"
#include "zoetrope/text/t5_text_encoder.h"
#include "zoetrope/transformer/native/denoiser.h"

namespace zoetrope::model {
namespace {

constexpr int format_version = 2;  // of zoetrope.json

void check_settings(const base::Json& json, const std::filesystem::path& path) {
  auto is_text = [](const base::Json& value) { return value.is_string(); };
  auto is_size = [](const base::Json& size) {
    return size.is_array() && size.size() == 2 && size[0].is_number_integer() && size[1].is_number_integer();
  };
  const base::Json sampling = json.value("sampling", base::Json()), sizes = json.value("sizes", base::Json()),
                   limit = json.value("token_limit", base::Json()), actions = json.value("actions", base::Json::array());
  if (!sampling.is_object()) throw base::Error("{}: 'sampling' must be an object with the default settings", path.string());
  if (!sizes.is_array() || !std::all_of(sizes.begin(), sizes.end(), is_size))
    throw base::Error("{}: 'sizes' must be a list of [width, height]", path.string());
  if (!limit.is_number_unsigned() || limit < 2)
    throw base::Error("{}: 'token_limit' must be a whole number from 2, got {}", path.string(), limit.dump());
  if (!json.value("streams", base::Json(false)).is_boolean()) throw base::Error("{}: 'streams' must be true or false", path.string());
  if (!actions.is_array() || !std::all_of(actions.begin(), actions.end(), is_text))
    throw base::Error("{}: 'actions' must be a list of names", path.string());
}

base::Json read_settings(const std::filesystem::path& folder) {
  std::filesystem::path path = folder / "zoetrope.json";
  base::Json json = base::read_json(path);
  const base::Json format = json.value("format", base::Json());
  if (format != 1 && format != format_version)
    throw base::Error("{} has format {}, this program reads formats 1 and {}", path.string(), format.dump(), format_version);
  if (format == 1 && json.contains("request")) json["sampling"] = translate_settings_1(json["request"]);
  check_settings(json, path);
  return json;
}

bool is_native(const base::Json& index) { return index.value("_class_name", base::Json()) == "ZoetropePipeline"; }

Defaults native_defaults(const ModelFiles& files) {
  base::Json json = read_settings(files.folder);
  Defaults d;
  refuse_unknown_keys(json["sampling"], settings_keys(), "model's sampling settings");
  d.settings = settings_from_json(json["sampling"]);
  for (const base::Json& size : json["sizes"]) d.sizes.emplace_back(size[0], size[1]);
  d.streams = json.value("streams", d.streams);
  d.actions = json.value("actions", d.actions);
  d.trained_on = trained_on(json);
  if (auto few_steps = distilled(json)) {
    SamplingSettings fast = d.settings;
    fast.preset = Distilled::fast, fast.steps = few_steps->steps;
    d.settings.preset = Distilled::full;
    d.presets = {fast, d.settings};
    d.settings = fast;
    d.distilled_preset = fast.preset;
  }
  return d;
}

/// The denoiser with the LoRA that makes few steps do; null in models without.
std::unique_ptr<transformer::Denoiser> load_distilled(const ModelFiles& files, const base::Json& json, const tensor::Placement& placement) {
  const std::optional<Distilled> few_steps = distilled(json);
  if (!few_steps) return nullptr;
  tensor::Checkpoint base(files.component("transformer"), placement);
  base.cast_weights();
  tensor::LoraWeights weights(base, {{.file = files.folder / few_steps->lora}}, tensor::KeyStyle({}));
  const auto config = tensor::read_config<transformer::native::Config>(files.component("transformer"));
  return std::make_unique<transformer::native::Denoiser>(tensor::Weights(weights), config);
}

Components load_native(const ModelFiles& files, const tensor::Placement& placement) {
  const base::Json json = read_settings(files.folder);
  return {.text = load_text_encoder(files, json["token_limit"], placement),
          .denoiser = transformer::native::load(files.component("transformer"), placement),
          .autoencoder = autoencoder::native::load(files.component("vae"), placement),
          .schedule =
              [](const SamplingSettings& s) {
                return Schedule{diffusion::shifted_sigmas(s.steps, s.shift), {}};
              },
          .distilled = load_distilled(files, json, placement)};
}

}  // namespace

Family native_family() {
  return {"native", is_native, native_defaults, load_native, [](const std::string& prompt) { return text::clean(prompt); }};
}

}  // namespace zoetrope::model
