#include <sys/socket.h>
#include <unistd.h>

#include "cli/command.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/formats.h"
#include "zoetrope/media/probe_to_json.h"
#include "zoetrope/serving/decode/child_decoder.h"
#include "zoetrope/serving/decode/decode_process.h"

namespace zoetrope::cli {
namespace {

/// Whether the standard input is what `ChildDecoder` makes it.
bool is_asked() {
  int kind = 0;
  socklen_t size = sizeof kind;
  return ::getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &kind, &size) == 0 && kind == SOCK_SEQPACKET;
}

void decode(const std::string& file) {
  if (file.empty()) {
    if (!is_asked()) throw base::UsageError("without a file, decode is started by serve and work; give it the picture or video to look at");
    return serving::run_decode_process(STDIN_FILENO);
  }
  media::set_file_decoder(std::make_shared<serving::ChildDecoder>());
  fmt::print("{}\n", base::pretty(media::probe_to_json(file)));
}

}  // namespace

void add_decode(CLI::App& program, const Output&) {
  auto file = std::make_shared<std::string>();
  CLI::App* c = program.add_subcommand("decode", "look into a picture or video in a process that can do nothing but read it");
  c->add_option("file", *file, "the picture or video")->type_name("FILE");
  c->footer(
      "It prints JSON, as `zoetrope info --json` does. serve and work have uploads read in this way, and start it without a file.\n\n"
      "Examples:\n"
      "  zoetrope decode upload.mp4\n");
  c->callback([file] { decode(*file); });
}

}  // namespace zoetrope::cli
