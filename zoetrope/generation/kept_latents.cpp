#include "zoetrope/generation/kept_latents.h"

#include <algorithm>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/hash.h"
#include "zoetrope/generation/timeline.h"
#include "zoetrope/generation/windows.h"
#include "zoetrope/media/video_writer.h"
#include "zoetrope/tensor/safetensors.h"

namespace zoetrope::generation {
namespace {

constexpr const char *about_key = "zoetrope_tail", *tail_schema = "zoetrope/tail/1", *latents_name = "latents";

/// What the file says beside the latents: schema, model, clip_sha256, fps, positions.
base::Json about(const tensor::SafetensorsFile& file, const std::filesystem::path& path) {
  auto found = file.metadata().find(about_key);
  base::Json json = found == file.metadata().end() ? base::Json() : base::Json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  auto holds_all = [&] {
    if (!json.is_object() || json.value("schema", base::Json()) != tail_schema || !file.has(latents_name)) return false;
    const std::vector<int64_t>& shape = file.entry(latents_name).shape;
    const base::Json positions = json.value("positions", base::Json());
    return shape.size() == 5 && shape[2] > 0 && positions.is_array() && std::ssize(positions) == shape[2] &&
           std::all_of(positions.begin(), positions.end(), [](const base::Json& p) { return p.is_number_unsigned(); });
  };
  if (!holds_all()) throw base::UsageError("'{}' does not hold the latents of a clip's end", path.string());
  return json;
}

class KeptLatentsFile : public FrameSink {
 public:
  KeptLatentsFile(std::filesystem::path clip, const Request& request, const model::Model& model)
      : clip_(std::move(clip)), request_(request), model_(model) {}

  void latents(const Tensor& latents) override {
    const int64_t t = latents.size(1), tail = std::min(t - 1, latent_frames_at_once(request_, model_) - 1);
    kept_ = at::cat({latents.narrow(1, 0, 1), latents.narrow(1, t - tail, tail)}, 1).unsqueeze(0);
    positions_.assign(1, 0);
    for (int64_t i = t - tail; i < t; ++i) positions_.push_back(i);
    positions_ = continuation_of(request_, model_.geometry()).shifted(positions_);
  }
  void frames(const Tensor&, const Tensor&) override {}
  void finish() override {
    base::Json json{{"schema", tail_schema},
                    {"model", model_.fingerprint()},
                    {"clip_sha256", base::sha256_of_file(clip_)},
                    {"fps", {request_.fps.numerator, request_.fps.denominator}},
                    {"positions", positions_}};
    tensor::write_safetensors(kept_latents_path(clip_), std::map<std::string, Tensor>{{latents_name, kept_}}, {{about_key, json.dump()}});
  }

 private:
  std::filesystem::path clip_;
  Request request_;
  const model::Model& model_;
  Tensor kept_;  // [1,C,n,h,w]
  std::vector<int64_t> positions_;
};

}  // namespace

std::filesystem::path kept_latents_path(const std::filesystem::path& clip) { return base::with_ending(clip, ".tail.safetensors"); }

std::unique_ptr<FrameSink> open_kept_latents(const std::filesystem::path& clip, const Request& r, const model::Model& model) {
  constexpr const char* field = "keep_latents";
  if (!media::is_video_path(clip)) throw base::InvalidRequest(field, "is for videos, which can be continued, got '{}'", clip.string());
  if (const model::Defaults& d = model.defaults(); d.requires_image || !d.conditions_unsupported_reason.empty())
    throw base::InvalidRequest(field, "has no use: this model continues no videos");
  if (r.loop) throw base::InvalidRequest(field, "cannot be used with a loop, which has no end");
  for (const Condition& c : r.conditions)
    if (c.frame_index + frames_at(media::probe(c.media), r.fps) > r.frames)
      throw base::InvalidRequest(field, "keeps the latents of what is made, but the result ends with '{}'", c.media.string());
  return std::make_unique<KeptLatentsFile>(clip, r, model);
}

KeptLatents read_kept_latents(const std::filesystem::path& path) {
  tensor::SafetensorsFile file(path);
  return {file.tensor(latents_name), about(file, path).at("positions").get<std::vector<int64_t>>()};
}

std::string kept_latents_mismatch(const std::filesystem::path& path, const Condition& clip, const Request& r, const model::Model& model) {
  try {
    const tensor::SafetensorsFile file(path);
    const base::Json json = about(file, path), fps = json.value("fps", base::Json());
    const std::vector<int64_t>& shape = file.entry(latents_name).shape;
    const int64_t space = model.geometry().space;
    if (json.value("model", base::Json()) != model.fingerprint()) return "another model made them";
    if (json.value("clip_sha256", base::Json()) != clip.sha256) return "the video has changed since";
    if (shape[3] * space != r.height || shape[4] * space != r.width)
      return fmt::format("they are of {}x{} pixels", shape[4] * space, shape[3] * space);
    if (fps != base::Json::array({r.fps.numerator, r.fps.denominator})) return "they are of another frame rate";
  } catch (const base::Error& error) {
    return error.what();
  }
  return "";
}

std::vector<int64_t> Continuation::shifted(std::vector<int64_t> positions) const {
  for (int64_t& position : positions)
    if (position > 0) position += shift;
  return positions;
}

Continuation continuation_of(const Request& r, const autoencoder::Geometry& g) {
  for (const Condition& c : r.conditions) {
    if (c.latents.empty()) continue;
    const KeptLatents kept = read_kept_latents(c.latents);
    const int64_t known = g.latent_frames(c.frame_index + frames_at(media::probe(c.media), r.fps)), n = kept.latents.size(2);
    if (known > n)
      throw base::InvalidRequest("conditions", "begin with {} latent frames of '{}', but '{}' holds {}", known, c.media.string(),
                                 c.latents.string(), n);
    Tensor last = kept.latents.narrow(2, n - (known - 1), known - 1);
    return {at::cat({kept.latents.narrow(2, 0, 1), last}, 2), kept.positions.back() - (known - 1)};
  }
  return {};
}

}  // namespace zoetrope::generation
