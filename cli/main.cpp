#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string_view>

#include <c10/util/Exception.h>

#include "cli/aliases.h"
#include "cli/command.h"
#include "cli/toml_config.h"
#include "cli/usage_errors.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/memory.h"
#include "zoetrope/base/progress.h"
#include "zoetrope/base/version.h"

namespace {

namespace base = zoetrope::base;
namespace cli = zoetrope::cli;

enum ExitCode { done = 0, failed = 1, wrong_use = 2, interrupted = 130 };

constexpr std::string_view no_memory = "there is not enough memory for this; ask for less (a smaller size, fewer frames)";

/// Every error ends as one sentence on stderr.
int report_error(std::string_view sentence, ExitCode code) {
  sentence = sentence.substr(0, sentence.find('\n'));
  fmt::print(stderr, "zoetrope: {}\n", sentence);
  return code;
}

/// The help of a command names the flags that every command understands, after its examples.
struct Help : CLI::Formatter {
  std::string make_footer(const CLI::App* app) const override {
    std::string examples = CLI::Formatter::make_footer(app);
    return app->get_parent() == nullptr ? examples
                                        : examples + "\nAll commands also take --json, --quiet, --overwrite and --config FILE.toml.\n";
  }
};

void declare(CLI::App& program, cli::Output& output) {
  program.set_help_flag("-h,--help", "show this help");
  program.set_version_flag("--version", std::string("zoetrope ") + base::version(), "show the version");
  program.add_flag("--json", output.json, "print the result as JSON");
  program.add_flag("-q,--quiet", output.quiet, "show no progress");
  program.add_flag("--overwrite", output.overwrite, "also write over files that this program did not make");
  cli::add_config(program);
  program.formatter(std::make_shared<Help>());
  program.require_subcommand(1);
  program.fallthrough();  // --json and the like are understood after the subcommand as well
  cli::add_generate(program, output);
  cli::add_info(program, output);
  cli::add_verify(program, output);
  cli::add_record(program, output);
  cli::add_models(program, output);
  cli::add_train(program, output);
  cli::add_evaluate(program, output);
  cli::add_report(program, output);
  cli::add_world(program, output);
  cli::add_classify(program, output);
  cli::add_embed(program, output);
  cli::add_convert(program, output);
  cli::add_work(program, output);
  cli::add_serve(program, output);
  cli::add_decode(program, output);
  cli::add_completion(program, output);
}

int run(CLI::App& program, int argc, char** argv) {
  try {
    std::vector<std::string> words = cli::use_our_flags({argv + 1, argv + argc});
    std::ranges::reverse(words);  // as CLI11 takes them
    program.parse(std::move(words));
    if (std::fflush(stdout) != 0) return report_error("the result cannot be written to stdout", failed);
    return done;
  } catch (const CLI::Success& wish) {  // --help and --version
    return program.exit(wish);
  } catch (const CLI::RuntimeError& answer) {  // of a command whose exit code is the answer
    std::fflush(stdout);
    return answer.get_exit_code();
  } catch (const CLI::ParseError& error) {
    return report_error(cli::format_parse_error(program, error), wrong_use);
  } catch (const base::Cancelled& error) {
    return report_error(error.what(), interrupted);
  } catch (const base::InvalidRequest& error) {
    return report_error(cli::with_flag(program, error), wrong_use);
  } catch (const base::UsageError& error) {
    return report_error(error.what(), wrong_use);
  } catch (const c10::Error& error) {
    std::string_view reason = error.what_without_backtrace();
    return report_error(reason.find("allocate memory") == reason.npos ? reason : no_memory, failed);
  } catch (const std::bad_alloc&) {
    return report_error(no_memory, failed);
  } catch (const std::filesystem::filesystem_error& error) {
    return report_error(fmt::format("{}: {}", error.path1().string(), error.code().message()), failed);
  } catch (const std::exception& error) {
    return report_error(error.what(), failed);
  }
}

}  // namespace

int main(int argc, char** argv) {
  base::configure_allocator();
  base::cancel_on_signals();
  CLI::App program("Zoetrope turns text into video, and trains and measures the models that do.", "zoetrope");
  cli::Output output;
  declare(program, output);
  return run(program, argc, argv);
}
