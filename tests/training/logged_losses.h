#pragma once
#include <sstream>

#include "zoetrope/base/files.h"
#include "zoetrope/base/json.h"

namespace zoetrope::training {

/// The losses in the metrics of a run's folder.
inline std::vector<double> logged_losses(const std::filesystem::path& run) {
  std::istringstream stream(base::read_file(run / "metrics.jsonl"));
  std::vector<double> losses;
  for (std::string line; std::getline(stream, line);) losses.push_back(base::Json::parse(line)["loss"]);
  return losses;
}

}  // namespace zoetrope::training
