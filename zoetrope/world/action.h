#pragma once
#include <array>
#include <optional>
#include <string_view>

namespace zoetrope::world {

/// What one who steers can ask for. The order is that of the embeddings of a model.
enum class Action { none, left, right, jump, drop, grow, shrink, next_scene, next_object };

constexpr std::array<std::string_view, 9> action_names = {"none", "left",   "right",      "jump",       "drop",
                                                          "grow", "shrink", "next scene", "next object"};
/// For how long an action rules: four frames at 16 a second, which an autoencoder folds into one latent frame.
constexpr double action_seconds = .25;

constexpr std::string_view name_of(Action action) { return action_names[static_cast<size_t>(action)]; }

/// The action called `name`, if there is one.
constexpr std::optional<Action> find_action(std::string_view name) {
  for (size_t i = 0; i < action_names.size(); ++i)
    if (action_names[i] == name) return static_cast<Action>(i);
  return {};
}

}  // namespace zoetrope::world
