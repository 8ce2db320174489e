#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "zoetrope/base/json.h"
#include "zoetrope/base/tensor.h"
#include "zoetrope/media/reader.h"
#include "zoetrope/vision/recogniser/recogniser.h"

namespace zoetrope::evaluation {

/// The languages of a comparison.
enum class Language { english, chinese };

/// A clip that is compared with others.
struct ComparedClip {
  std::string name;
  std::filesystem::path file;
  std::string prompt = {}, made_by = {};           // as its request tells; empty where it carries none
  std::vector<std::string> things = {};            // the objects that the prompt asks for, as the recogniser calls them
  const vision::Recogniser* recogniser = nullptr;  // of the world of its model; null for others
};

/// What a check finds of one clip.
struct Finding {
  std::string sentence;
  std::optional<bool> passed = {};   // where a recogniser can tell; else the reader judges
  Tensor frames;                     // [n,H,W,3] uint8: those that show it
  std::vector<double> seconds = {};  // when each of them is
};

/// One question, and what each clip answers.
struct Check {
  std::string title, question;
  std::vector<Finding> findings;
};

/// Clips side by side, and the four checks: the shapes, whether the hero stays the hero, whether what moves moves plausibly, and whether
/// the background stays and is what was asked for.
struct Comparison {
  Language language = Language::english;
  std::vector<ComparedClip> clips;
  std::vector<media::Probe> probes;
  std::vector<Tensor> strips;  // some frames of each
  std::vector<Check> checks;
};

/// Reads the clips, one to four of them, and looks at them. Where there is no recogniser, what moves is what differs from how the picture
/// mostly is, and figures are told without a verdict.
Comparison compare(const std::vector<ComparedClip>& clips, Language language = Language::english);

/// {"clips": [{"name", "prompt", "model", "width", "height", "seconds"}], "checks": [{"title", "question", "findings": [{"sentence",
/// "passed"}]}]}; `passed` is null where nobody can tell.
base::Json to_json(const Comparison& comparison);

/// One page that needs nothing else: the clips play together, it can be printed, and it carries our mark. Clips in containers that browsers
/// do not play are encoded anew.
std::string to_html(const Comparison& comparison);

}  // namespace zoetrope::evaluation
