// The library of C: each function is a few lines over generation's own.
#define ZOETROPE_BUILDS_LIBRARY
#include "embed/zoetrope.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>

#include <ATen/Parallel.h>
#include <fmt/ranges.h>

#include "zoetrope/autoencoder/autoencoder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/failure.h"
#include "zoetrope/base/version.h"
#include "zoetrope/generation/clip_files.h"
#include "zoetrope/generation/generate.h"
#include "zoetrope/generation/resolve.h"
#include "zoetrope/model/find_model.h"

namespace base = zoetrope::base;
namespace generation = zoetrope::generation;
namespace model = zoetrope::model;
namespace fs = std::filesystem;
using base::Json;

struct zoetrope_model {
  model::Model model;
};

struct zoetrope_run {
  const model::Model& model;
  generation::Resolved resolved;
  std::atomic<bool> is_cancelled = false;
};

namespace {

char* as_text(const Json& json) {
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return ::strdup(text.c_str());
}

/// What `act` returns; where it throws, `otherwise`, and the error as JSON.
template <class Act>
auto guarded(char** error, decltype(std::declval<Act>()()) otherwise, Act&& act) noexcept -> decltype(act()) {
  if (error != nullptr) *error = nullptr;
  try {
    return act();
  } catch (...) {
    if (error == nullptr) return otherwise;
    try {
      const base::Failure failure = base::failure_of(std::current_exception());
      *error = as_text({{"message", failure.message},
                        {"field", failure.field.empty() ? Json() : Json(failure.field)},
                        {"code", failure.code == "server_error" ? "failed" : failure.code}});
    } catch (...) {  // not even a sentence can be kept
    }
    return otherwise;
  }
}

Json read_json(const char* text, const char* what) {
  Json json = Json::parse(text == nullptr || *text == '\0' ? "{}" : text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw base::UsageError("{} must be a JSON object", what);
  return json;
}

/// An option that is a text.
std::string text_option(const Json& json, const char* key, const std::string& otherwise) {
  if (!json.contains(key)) return otherwise;
  if (!json[key].is_string()) throw base::InvalidRequest(key, "must be a text, got {}", json[key].dump().substr(0, 80));
  return json[key];
}

/// Refuses an option that there is none of.
void check_options(const Json& json, std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : json.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      throw base::InvalidRequest(key.substr(0, 80), "is no option; there are {}", fmt::join(known, ", "));
}

/// The folder of a model by its name or path; names are also looked for beside this library, where `make install` puts both.
fs::path find_folder(const std::string& name) {
  Dl_info library{};
  if (name.find('/') == name.npos && ::dladdr(reinterpret_cast<const void*>(&zoetrope_load), &library) != 0) {
    fs::path folder = fs::absolute(library.dli_fname).parent_path();
    for (int levels = 0; levels < 3; ++levels, folder = folder.parent_path())
      if (const fs::path found = folder / "share/zoetrope/models" / name; fs::is_directory(found)) return found;
  }
  return model::find_model(name);
}

model::ModelFiles files_of(const Json& options) {
  model::ModelFiles files(find_folder(text_option(options, "model", "toybox")));
  const Json loras = options.value("loras", Json::array());
  if (!loras.is_array()) throw base::InvalidRequest("loras", "must be a list");
  for (const Json& item : loras) {
    if (!item.is_object()) throw base::InvalidRequest("loras", "must be a list of objects with 'file'");
    check_options(item, {"file", "scale", "denoiser"});
    zoetrope::tensor::LoraSpec lora{text_option(item, "file", "")};
    if (!fs::is_regular_file(lora.file)) throw base::InvalidRequest("loras", "names '{}', which is no file", lora.file.string());
    if (item.contains("scale")) {
      if (!item["scale"].is_number())
        throw base::InvalidRequest("loras", "has a scale that must be a number, got {}", item["scale"].dump());
      lora.scale = item["scale"].get<double>();
    }
    files.loras[text_option(item, "denoiser", "transformer")].push_back(lora);
  }
  return files;
}

/// Tells an application what an observer is told.
class Teller : public base::Observer {
 public:
  Teller(const std::atomic<bool>& is_cancelled, const zoetrope_callbacks* given) : is_cancelled_(is_cancelled) {
    if (given != nullptr) std::memcpy(&call_, given, std::min(given->struct_size, sizeof call_));
  }
  void progress(const std::string& stage, int64_t step, int64_t total) override {
    if (call_.progress) call_.progress(call_.user, stage.c_str(), step, total);
  }
  void notice(const std::string& text) override {
    if (call_.notice) call_.notice(call_.user, text.c_str());
  }
  void preview(const std::function<at::Tensor()>& frames) override {
    if (call_.preview) show(call_.preview, frames());
  }
  void frames(const at::Tensor& frames) {
    if (call_.frames) show(call_.frames, frames);
  }
  bool cancelled() const override { return is_cancelled_; }

 private:
  void show(void (*callback)(void*, const uint8_t*, int64_t, int64_t, int64_t), const at::Tensor& frames) {
    const at::Tensor whole = frames.contiguous();
    callback(call_.user, whole.const_data_ptr<uint8_t>(), whole.size(0), whole.size(1), whole.size(2));
  }

  const std::atomic<bool>& is_cancelled_;
  zoetrope_callbacks call_{};
};

class CallbackSink : public generation::FrameSink {
 public:
  explicit CallbackSink(Teller& teller) : teller_(teller) {}
  void frames(const at::Tensor& frames, const at::Tensor& /*generated*/ = {}) override {
    teller_.frames(zoetrope::autoencoder::to_bytes(frames));
  }

 private:
  Teller& teller_;
};

}  // namespace

int zoetrope_api_version(void) { return ZOETROPE_API_VERSION; }

const char* zoetrope_version(void) { return base::version(); }

zoetrope_model* zoetrope_load(const char* text, char** error) {
  return guarded(error, static_cast<zoetrope_model*>(nullptr), [&] {
    const Json options = read_json(text, "the options");
    check_options(options, {"model", "device", "dtype", "threads", "loras"});
    if (options.contains("threads")) {
      const Json& threads = options["threads"];
      if (!threads.is_number_integer() || threads < 1 || threads > 1024)
        throw base::InvalidRequest("threads", "must be from 1 to 1024, got {}", threads.dump().substr(0, 80));
      at::set_num_threads(threads.get<int>());
    }
    const auto place = zoetrope::tensor::parse_placement(text_option(options, "device", "auto"), text_option(options, "dtype", "auto"));
    return new zoetrope_model{model::Model::load(files_of(options), place)};
  });
}

void zoetrope_free_model(zoetrope_model* model) { delete model; }

zoetrope_run* zoetrope_begin(const zoetrope_model* model, const char* request, char** error) {
  return guarded(error, static_cast<zoetrope_run*>(nullptr), [&] {
    if (model == nullptr) throw base::UsageError("a run needs a model");
    const Json json = read_json(request, "the request");
    generation::PartialRequest asked;
    asked.from = json;
    return new zoetrope_run{model->model, generation::resolve(asked, model->model)};
  });
}

char* zoetrope_plan(const zoetrope_run* run, char** error) {
  return guarded(error, static_cast<char*>(nullptr), [&] {
    const generation::Request& r = run->resolved.request;
    const base::CostEstimate cost = generation::estimate(r, run->model);
    Json notices = Json::array();
    for (const generation::Notice& notice : run->resolved.notices) notices.push_back(notice.text);
    return as_text({{"request", generation::to_json(r, run->model.identity())},
                    {"notices", notices},
                    {"seconds", cost.seconds},
                    {"bytes", cost.bytes},
                    {"width", r.width},
                    {"height", r.height},
                    {"frames", r.frames},
                    {"fps", r.fps.value()}});
  });
}

int zoetrope_generate(zoetrope_run* run, const char* file, const zoetrope_callbacks* callbacks, char** error) {
  return guarded(error, 1, [&] {
    struct Again {
      std::atomic<bool>& is_cancelled;
      ~Again() { is_cancelled = false; }
    } again{run->is_cancelled};
    Teller teller(run->is_cancelled, callbacks);
    if (file != nullptr) {
      generation::generate_files(run->resolved.request, run->model, {.outputs = {file}}, teller);
    } else {
      CallbackSink sink(teller);
      generation::generate(run->resolved.request, run->model, sink, teller);
      sink.finish();
    }
    return 0;
  });
}

void zoetrope_cancel(zoetrope_run* run) { run->is_cancelled = true; }

void zoetrope_free_run(zoetrope_run* run) { delete run; }

void zoetrope_free_text(char* text) { std::free(text); }
