#include "cli/computing.h"

#include "zoetrope/base/parallel.h"

namespace zoetrope::cli {

void add_threads_flag(CLI::App* command) {
  auto use = [](int count) {
    if (count > 0) base::use_threads(count);
  };
  command->add_option_function<int>("--threads", use, "threads; 0 for as many as there are cores")
      ->check(CLI::Range(0, 4096))
      ->default_str("0");
}

void add_dtype_flag(CLI::App* command, std::string& dtype, const std::string& besides) {
  command->add_option("--dtype", dtype, "compute dtype" + besides)->check(CLI::IsMember({"auto", "bf16", "fp32"}))->capture_default_str();
}

}  // namespace zoetrope::cli
