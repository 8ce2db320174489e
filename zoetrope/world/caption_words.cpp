#include "zoetrope/world/caption_words.h"

#include <set>

#include "zoetrope/text/words.h"
#include "zoetrope/world/captions.h"
#include "zoetrope/world/vocabulary.h"

namespace zoetrope::world {
namespace {

constexpr uint64_t captions_read = 20'000;  // the rarest word of the whole world is in about one of a thousand

std::vector<std::string> both(const Words& words) {
  std::vector<std::string> all = words.en;
  all.insert(all.end(), words.zh.begin(), words.zh.end());
  return all;
}

}  // namespace

base::Json caption_words(const Settings& settings) {
  base::Json things = base::Json::object();
  for (const std::string& name : settings.objects) things[name] = both(find_emoji(name)->words);
  for (const std::string& name : settings.shapes) things[name] = both(find_shape(name)->words);
  std::set<std::string> words;
  for (uint64_t i = 0; i < captions_read; ++i) {
    const int64_t frames = i % 4 == 0 ? 1 : 33;  // an image's caption is another than a clip's
    const auto [en, zh] = caption(draw(settings, i, {.frames = frames}), i);
    for (const std::string& text : {en, zh})
      for (std::string& word : text::words_of(text)) words.insert(std::move(word));
  }
  return {{"things", things}, {"words", words}};
}

}  // namespace zoetrope::world
