#include "zoetrope/serving/data_folder.h"

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"

namespace zoetrope::serving {

DataFolder default_data_folder() {
  const std::filesystem::path folder = base::data_folder();
  if (folder.empty()) throw base::UsageError("there is no folder for jobs: HOME is not set; name one");
  return {folder};
}

}  // namespace zoetrope::serving
