#include "zoetrope/generation/limits.h"

#include <algorithm>
#include <cmath>

#include <fmt/ranges.h>

#include "zoetrope/generation/windows.h"

namespace zoetrope::generation {
namespace {

/// "a", "a and b", "a, b and c".
std::string list(const std::vector<std::string>& names) {
  if (names.size() < 2) return names.empty() ? "" : names.front();
  return fmt::format("{} and {}", fmt::join(names.begin(), names.end() - 1, ", "), names.back());
}

std::vector<std::string> quoted(const std::vector<std::string>& words) {
  std::vector<std::string> all;
  for (const std::string& word : words) all.push_back(fmt::format("'{}'", word));
  return all;
}

std::string knowledge(const model::TrainedOn& known) {
  std::vector<std::string> kinds;
  for (const auto& [kind, names] : known.kinds) kinds.push_back(fmt::format("{} ({})", kind, fmt::join(names, ", ")));
  return list(kinds);
}

/// The prompts of a request, the first one and those that follow it.
std::vector<std::string> prompts_of(const Request& r) {
  std::vector<std::string> all{r.prompt};
  for (const TimedPrompt& p : r.prompts) all.push_back(p.prompt);
  return all;
}

void add_words(const Request& r, const model::TrainedOn& known, std::vector<std::string>& sentences) {
  constexpr size_t told = 8;
  std::vector<std::string> unknown = known.unknown_words(fmt::format("{}", fmt::join(prompts_of(r), "\n")));
  if (unknown.empty()) return;
  const size_t more = unknown.size() - std::min(unknown.size(), told);
  unknown.resize(std::min(unknown.size(), told));
  sentences.push_back(fmt::format("this model was never told of {}{}; it knows {}", list(quoted(unknown)),
                                  more == 0 ? "" : fmt::format(" and {} other words", more), knowledge(known)));
}

void add_things(const Request& r, const model::TrainedOn& known, std::vector<std::string>& sentences) {
  for (const std::string& prompt : prompts_of(r))
    if (const std::vector<std::string> things = known.things_in(prompt); std::ssize(things) > known.most_things) {
      sentences.push_back(fmt::format("this model was trained on clips of {} at a time, and the prompt names {}: {}",
                                      known.most_things == 1 ? "one thing" : fmt::format("up to {} things", known.most_things),
                                      things.size(), list(things)));
      return;
    }
}

/// How far a rate may be from the model's own: factors.
constexpr double near_rate = 1.1, far_rate = 1.5;

void add_shape(const Request& r, const model::Model& model, std::vector<std::string>& sentences) {
  const model::Defaults& d = model.defaults();
  const bool tells = d.trained_on.has_value(), is_clip = r.frames > 1;
  std::vector<std::string> odd;
  if (tells && !d.sizes.empty() && std::ranges::find(d.sizes, std::pair(r.width, r.height)) == d.sizes.end())
    odd.push_back(fmt::format("{}x{} pixels", r.width, r.height));
  if (tells && r.frames > d.settings.frames && windows_of(r, model).size() == 1) odd.push_back(fmt::format("{} frames", r.frames));
  const double factor = r.fps.value() / d.settings.fps.value();
  if (is_clip && std::max(factor, 1 / factor) > (tells ? near_rate : far_rate))
    odd.push_back(fmt::format("{:.4g} frames per second", r.fps.value()));
  if (odd.empty()) return;
  std::vector<std::string> sizes;
  for (const auto& [width, height] : d.sizes) sizes.push_back(fmt::format("{}x{}", width, height));
  const std::string own =
      sizes.empty() ? fmt::format("{}x{}", d.settings.width, d.settings.height) : fmt::format("{}", fmt::join(sizes, ", "));
  sentences.push_back(fmt::format("this model was trained on clips of {}, up to {} frames, at {:.4g} per second: {} may look worse", own,
                                  d.settings.frames, d.settings.fps.value(), list(odd)));
}

}  // namespace

std::vector<std::string> limits(const Request& r, const model::Model& model) {
  std::vector<std::string> sentences;
  if (const std::optional<model::TrainedOn>& known = model.defaults().trained_on) {
    add_words(r, *known, sentences);
    add_things(r, *known, sentences);
  }
  add_shape(r, model, sentences);
  return sentences;
}

}  // namespace zoetrope::generation
