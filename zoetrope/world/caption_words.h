#pragma once
#include "zoetrope/base/json.h"
#include "zoetrope/world/settings.h"

namespace zoetrope::world {

/// What the captions of a part of the world are made of, as models that are trained on it tell it (`trained_on.captions` in zoetrope.json):
///   "things"  what an object or shape is called, in both languages: {"cat": ["cat", "kitten", "猫", "小猫"]}
///   "words"   all words (`text::words_of`), sorted
/// Found by writing many captions, so that it holds whatever the phrases are.
base::Json caption_words(const Settings& settings);

}  // namespace zoetrope::world
