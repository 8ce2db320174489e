#include "zoetrope/text/prompt_syntax.h"

#include <cstdlib>
#include <regex>

#include <fmt/ranges.h>

namespace zoetrope::text {
namespace {

constexpr size_t longest_searched = 4096;  // bytes: std::regex takes memory for each
constexpr size_t told = 3;

const std::regex& lora_tag() {
  static const std::regex tag(R"(<lora:([^<>:]+)(?::([-+]?[0-9]*\.?[0-9]+))?>)");
  return tag;
}

/// The parts of a prompt that match, quoted.
std::vector<std::string> found(const std::string& prompt, const std::regex& pattern) {
  std::vector<std::string> parts;
  const std::string start = prompt.substr(0, longest_searched);
  for (std::sregex_iterator at(start.begin(), start.end(), pattern), end; at != end && parts.size() < told; ++at)
    parts.push_back("'" + at->str() + "'");
  return parts;
}

}  // namespace

std::vector<LoraTag> take_lora_tags(std::string& prompt) {
  std::vector<LoraTag> tags;
  if (prompt.size() > longest_searched) return tags;
  for (std::smatch match; std::regex_search(prompt, match, lora_tag());) {
    tags.push_back({match[1], match[2].matched ? std::atof(match[2].str().c_str()) : 1});
    std::string before = match.prefix(), after = match.suffix();
    if ((before.empty() || before.ends_with(' ')) && after.starts_with(' ')) after.erase(0, 1);
    prompt = before + after;
  }
  while (!tags.empty() && prompt.ends_with(' ')) prompt.pop_back();
  return tags;
}

std::string syntax_taken_as_text(const std::string& prompt) {
  static const std::regex weights(R"(\([^()\[\]]+:(?:[0-9]?\.[0-9]+|[0-9])\)|\(\([^()]+\)\)|\[[^\[\]]+\])");
  std::vector<std::string> parts = found(prompt, weights), sentences;
  if (!parts.empty())
    sentences.push_back(
        fmt::format("{} {} taken as text: brackets give words no weight here", fmt::join(parts, ", "), parts.size() == 1 ? "is" : "are"));
  if (parts = found(prompt, lora_tag()); !parts.empty())
    sentences.push_back(fmt::format("{} {} taken as text: LoRA files are named beside the prompt", fmt::join(parts, ", "),
                                    parts.size() == 1 ? "is" : "are"));
  return fmt::format("{}", fmt::join(sentences, "; "));
}

}  // namespace zoetrope::text
