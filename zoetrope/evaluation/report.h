#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "zoetrope/base/json.h"
#include "zoetrope/base/tensor.h"
#include "zoetrope/evaluation/statistics.h"

namespace zoetrope::evaluation {

/// One figure of a report with its 95% interval. `chance`: the score of guessing; `ceiling`: the score of the real clips.
struct Score {
  std::string name;
  double value = 0;
  Interval interval{0, 0};
  std::optional<double> chance, ceiling;
  int64_t clips = 0;  // to which it applies
  std::string note;   // a short explanation
};

/// Frames of one clip side by side.
struct Strip {
  std::string title, verdict;
  Tensor frames;  // [n,H,W,3] uint8
};

/// A row of a report: a score's name, how it is averaged over clips, and a short explanation.
struct Metric {
  const char* name;
  Kind kind;
  const char* note;
};

/// The figure of the values of many clips.
Score score_of(std::string name, const Metric& metric, const std::vector<double>& values, uint64_t seed, std::optional<double> chance,
               std::optional<double> ceiling);

struct Report {
  std::string suite, model;
  int64_t clips = 0;  // in all
  std::vector<Score> scores;
  std::vector<std::pair<std::string, std::vector<Score>>> by_language;
  std::vector<Strip> strips;
};

/// {"suite", "model", "clips", "scores": {name: {"value", "low", "high", "chance", "ceiling", "clips"}}, "by_language": {language:
/// scores}}.
base::Json to_json(const Report& report);
/// A table for a terminal.
std::string to_text(const Report& report);
/// One self-contained page, images included.
std::string to_html(const Report& report);

}  // namespace zoetrope::evaluation
