#include "zoetrope/generation/families/native.h"

#include "zoetrope/autoencoder/native.h"
#include "zoetrope/base/atomic_file.h"
#include "zoetrope/base/error.h"
#include "zoetrope/text/clean.h"
#include "zoetrope/text/t5_text_encoder.h"
#include "zoetrope/transformer/native.h"

namespace zoetrope::generation {
namespace {

constexpr int format_version = 1;  // of zoetrope.json

base::Json read_settings(const std::filesystem::path& folder) {
  std::filesystem::path path = folder / "zoetrope.json";
  base::Json json = base::Json::parse(base::read_file(path), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw base::Error("{} is not valid JSON", path.string());
  if (json.value("format", 0) != format_version)
    throw base::Error("{} has format {}, this program reads format {}", path.string(), json.value("format", base::Json()).dump(), format_version);
  return json;
}

bool recognise(const base::Json& index) { return index.value("_class_name", base::Json()) == "ZoetropePipeline"; }

Defaults defaults(const std::filesystem::path& folder) {
  base::Json json = read_settings(folder);
  Defaults d;
  d.request = request_from_json(json.at("request"));
  for (const base::Json& size : json.at("sizes")) d.sizes.emplace_back(size.at(0), size.at(1));
  return d;
}

Components load(const std::filesystem::path& folder, const Placement& placement) {
  if (!placement.device.is_cpu()) throw base::UsageError("this model runs on the CPU so far, got device {}; use --device cpu", placement.device.str());
  return {std::make_unique<text::T5TextEncoder>(folder, read_settings(folder).at("token_limit").get<int64_t>(), placement.compute),
          transformer::load_native(folder / "transformer", placement.compute), autoencoder::load_native(folder / "vae", placement.compute), {}};
}

}  // namespace

Family native_family() { return {"native", recognise, defaults, load, [](const std::string& prompt) { return text::clean(prompt); }}; }

}  // namespace zoetrope::generation
