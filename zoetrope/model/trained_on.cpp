#include "zoetrope/model/trained_on.h"

#include <algorithm>

#include "zoetrope/text/words.h"

namespace zoetrope::model {

std::vector<std::string> TrainedOn::unknown_words(const std::string& prompt) const {
  Words unknown;
  for (const std::string& word : text::words_of(prompt))
    if (!words.contains(word) && std::ranges::find(unknown, word) == unknown.end()) unknown.push_back(word);
  return unknown;
}

std::vector<std::string> TrainedOn::things_in(const std::string& prompt) const {
  const Words all = text::words_of(prompt);
  Words found;
  for (auto at = all.begin(); at != all.end();) {
    const std::string* longest = nullptr;  // of the names that begin here: a soccer ball is no ball
    int64_t length = 0;
    for (const auto& [name, calls] : things)
      for (const Words& called : calls)
        if (std::ssize(called) > length && std::ssize(called) <= all.end() - at && std::equal(called.begin(), called.end(), at))
          longest = &name, length = std::ssize(called);
    if (longest != nullptr) found.push_back(*longest);
    at += std::max<int64_t>(length, 1);
  }
  return found;
}

std::optional<TrainedOn> trained_on(const base::Json& settings) try {
  const base::Json& told = settings.at("trained_on");
  TrainedOn known{.words = told.at("captions").at("words"), .things = {}};
  for (const auto& [name, calls] : told.at("captions").at("things").items())
    for (const base::Json& called : calls) known.things[name].push_back(text::words_of(called.get<std::string>()));
  known.most_things = told.at("world").value("max_objects", int64_t{1});
  for (const char* kind : {"objects", "shapes", "colours", "scenes", "motions"})
    known.kinds.emplace_back(kind, told.at("world").at(kind).get<TrainedOn::Words>());
  return known;
} catch (const base::Json::exception&) {
  return std::nullopt;
}

}  // namespace zoetrope::model
