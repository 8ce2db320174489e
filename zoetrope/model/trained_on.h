#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "zoetrope/base/json.h"

namespace zoetrope::model {

/// What a model was trained on, as its zoetrope.json tells it: of a few things, which is all that it knows.
struct TrainedOn {
  using Words = std::vector<std::string>;  // as text::words_of gives them

  std::set<std::string> words;                            // of all captions
  std::map<std::string, std::vector<Words>> things;       // what each thing is called, by its name
  int64_t most_things = 1;                                // in one clip
  std::vector<std::pair<std::string, Words>> kinds = {};  // names of what it knows: {"scenes", {"meadow", ...}}

  /// The words of a prompt that are in no caption, each once, in their order.
  Words unknown_words(const std::string& prompt) const;
  /// The names of the things in a prompt, in their order.
  Words things_in(const std::string& prompt) const;
};

/// Of a model's zoetrope.json: `trained_on.captions` ("things", "words") and `trained_on.world` ("objects", ..., "max_objects"). Nothing
/// where it does not tell.
std::optional<TrainedOn> trained_on(const base::Json& settings);

}  // namespace zoetrope::model
