#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "zoetrope/base/json.h"

namespace zoetrope::provenance {

/// What became of one layer of marks.
enum class State {
  intact,     // it is there, and fits the others
  altered,    // it is there, and does not fit; or it is missing, and the file says that it had it
  missing,    // it is not there, and nothing says that it was
  unchecked,  // this machine cannot tell
};
std::string name_of(State state);

struct Layer {
  std::string name;  // request, aigc, c2pa, watermark
  State state;
  std::string says;  // one sentence
};

/// What a file tells of where it comes from.
struct Verification {
  std::vector<Layer> layers;
  base::Json request;  // that it carries; null without one

  /// altered if a layer is; else intact if one is; else missing: nothing was found.
  State verdict() const;
};

/// Looks for every mark of ours in any file. One that is no media file, or a broken one, has none; one that cannot be opened is an error.
Verification verify(const std::filesystem::path& file);

base::Json to_json(const Verification& found);

}  // namespace zoetrope::provenance
