#include "cli/flags.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <sstream>

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/parallel.h"
#include "zoetrope/base/read_values.h"
#include "zoetrope/model/find_model.h"
#include "zoetrope/text/prompt_syntax.h"

namespace zoetrope::cli {

using base::read_number;

void add_threads_flag(CLI::App* command) {
  auto use = [](int count) {
    if (count > 0) base::use_threads(count);
  };
  command->add_option_function<int>("--threads", use, "threads; 0 for one per core")->check(CLI::Range(0, 4096))->default_str("0");
}

void add_place_flags(CLI::App* command, PlaceFlags& place, const std::string& dtype_note) {
  command->add_option("--device", place.device, "cpu, cuda, cuda:N or auto: CUDA where there is one")->capture_default_str();
  command->add_option("--dtype", place.dtype, "compute dtype" + dtype_note)
      ->check(CLI::IsMember({"auto", "bf16", "fp32"}))
      ->capture_default_str();
  add_threads_flag(command);
}

namespace {

/// The complaint about a number that does not hold to `rule`, which is told in words.
template <class Rule>
std::string check_number(const std::string& text, Rule&& rule, const char* words) {
  auto number = read_number<double>(text);
  return number && std::isfinite(*number) && rule(*number) ? "" : fmt::format("must be {}, got '{}'", words, text);
}

}  // namespace

Size parse_size(const std::string& flag, const std::string& text) {
  if (auto size = base::read_size(text)) return {size->first, size->second};
  throw base::UsageError("{} must be a width and a height like 128x96, got '{}'", flag, text);
}

void add_lora_strict_flag(CLI::App* command, bool& strict) {
  command->add_flag("--lora-strict", strict,
                    "refuse LoRA files with keys for parts that the model does not have, instead of using the others");
}

tensor::LoraSpec parse_lora(const std::string& flag, const std::string& text, bool strict) {
  tensor::LoraSpec lora{text, {}, strict};
  if (size_t colon = text.rfind(':'); colon != std::string::npos)
    if (auto scale = read_number<double>(std::string_view(text).substr(colon + 1)); scale && std::isfinite(*scale))
      lora = {text.substr(0, colon), *scale, strict};
  if (!std::filesystem::exists(lora.file) && !model::comfyui_folders("lora").empty()) lora.file = model::find_component("lora", lora.file);
  if (!std::filesystem::exists(lora.file)) throw base::UsageError("{}: '{}' does not exist", flag, lora.file.string());
  if (!std::filesystem::is_regular_file(lora.file))
    throw base::UsageError("{} must be a safetensors file, optionally with a scale (style.safetensors:0.8), got '{}'", flag, text);
  return lora;
}

std::vector<tensor::LoraSpec> take_loras(std::string& prompt, bool strict) {
  std::vector<tensor::LoraSpec> loras;
  for (const text::LoraTag& tag : text::take_lora_tags(prompt)) {
    constexpr const char *suffix = ".safetensors", *flag = "--prompt";
    const std::string file = std::filesystem::path(tag.name).extension() == suffix ? tag.name : tag.name + suffix;
    tensor::LoraSpec lora = parse_lora(flag, file, strict);
    lora.scale = tag.scale;
    loras.push_back(lora);
  }
  return loras;
}

std::vector<std::string> text_lines(const std::string& text) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf", spaces = " \t\r";
  std::istringstream stream(text.starts_with(byte_order_mark) ? text.substr(byte_order_mark.size()) : text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);)
    if (size_t begin = line.find_first_not_of(spaces); begin != std::string::npos && line[begin] != '#')
      lines.push_back(line.substr(begin, line.find_last_not_of(spaces) + 1 - begin));
  return lines;
}

media::Rational parse_rate(const std::string& flag, const std::string& text) {
  constexpr int64_t thousandths = 1000;
  const size_t over = text.find('/');
  if (over != std::string::npos) {
    auto numerator = read_number<int64_t>(std::string_view(text).substr(0, over)),
         denominator = read_number<int64_t>(std::string_view(text).substr(over + 1));
    if (numerator && denominator && *numerator > 0 && *denominator > 0) return {*numerator, *denominator};
  } else if (auto whole = read_number<int64_t>(text); whole && *whole > 0) {
    return {*whole, 1};
  } else if (auto decimal = read_number<double>(text); decimal && *decimal >= .001 && *decimal <= 1e6) {
    return {std::llround(*decimal * thousandths), thousandths};
  }
  throw base::UsageError("{} must be a frame rate like 16, 12.5 or 30000/1001, got '{}'", flag, text);
}

diffusion::SigmaInterval parse_interval(const std::string& flag, const std::string& text) {
  const size_t colon = std::min(text.find(':'), text.size());
  auto low = read_number<double>(std::string_view(text).substr(0, colon)),
       high = read_number<double>(std::string_view(text).substr(std::min(colon + 1, text.size())));
  if (!low || !high) throw base::UsageError("{} must be two sigmas like 0.2:0.8, got '{}'", flag, text);
  return {*low, *high};
}

bool is_drawn_seed(const std::string& text) { return text == "random" || text == "-1"; }

uint64_t parse_seed(const std::string& flag, const std::string& text) {
  if (is_drawn_seed(text)) return std::random_device()();
  if (std::string wrong = check_drawn_seed(text); !wrong.empty()) throw base::UsageError("{} {}", flag, wrong);
  return *read_number<uint64_t>(text);
}

double parse_aspect(const std::string& flag, const std::string& text) {
  double width = 0, height = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%lf:%lf%c", &width, &height, &rest) != 2 || !(width > 0 && height > 0))
    throw base::UsageError("{} must be a width and a height like 16:9, got '{}'", flag, text);
  return width / height;
}

std::vector<generation::TimedPrompt> parse_prompts(const std::string& flag, const std::string& text) {
  std::error_code unreadable;
  const std::string all = std::filesystem::is_regular_file(text, unreadable)
                              ? fmt::format("{}", fmt::join(text_lines(base::read_file(text, size_t{1} << 24)), ";"))
                              : text;
  std::istringstream stream(all);
  std::vector<generation::TimedPrompt> prompts;
  for (std::string part; std::getline(stream, part, ';');) {
    if (part.find_first_not_of(" \t\r") == part.npos) continue;
    double seconds = 0;
    int end = 0;
    if (std::sscanf(part.c_str(), " %lf %*1[s] : %n", &seconds, &end) != 1 || end == 0) {
      end = 0;
      if (std::sscanf(part.c_str(), " %lf : %n", &seconds, &end) != 1 || end == 0)
        throw base::UsageError("{} must be times and prompts like '0:a cat walks; 4s:it jumps', got '{}'", flag, part);
    }
    prompts.push_back({seconds, part.substr(static_cast<size_t>(end))});
  }
  if (prompts.empty() || prompts.front().seconds != 0) throw base::UsageError("{} must begin at 0: '0:a cat walks; 4s:it jumps'", flag);
  return prompts;
}

generation::Outpaint parse_outpaint(const std::string& flag, const std::string& text) {
  generation::Outpaint outpaint;
  if (text.find(':') != text.npos) {
    outpaint.aspect = parse_aspect(flag, text);
    return outpaint;
  }
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) {
    const size_t equals = std::min(part.find('='), part.size());
    const std::map<std::string, int64_t*> sides{
        {"left", &outpaint.left}, {"top", &outpaint.top}, {"right", &outpaint.right}, {"bottom", &outpaint.bottom}};
    auto side = sides.find(part.substr(0, equals));
    int pixels = 0;
    char rest = 0;
    if (side == sides.end() || std::sscanf(part.c_str() + equals, "=%d%c", &pixels, &rest) != 1 || pixels < 0 || pixels > 8192)
      throw base::UsageError("{} must be a shape like 16:9 or pixels like left=64,right=64, got '{}'", flag, text);
    *side->second = pixels;
  }
  return outpaint;
}

generation::Keyframe parse_keyframe(const std::string& flag, const std::string& text) {
  const size_t at = text.rfind('@');
  generation::Keyframe keyframe{text.substr(0, at)};
  std::string time = at == text.npos ? "" : text.substr(at + 1);
  char rest = 0;
  if (const size_t colon = time.find(':'); colon != time.npos) {
    if (std::sscanf(time.c_str() + colon, ":%lf%c", &keyframe.denoise, &rest) != 1) time.clear();
    time = time.substr(0, colon);
  }
  double seconds = 0;
  long frame = 0;
  if (time.ends_with('s') && std::sscanf(time.c_str(), "%lf%c%c", &seconds, &rest, &rest) == 2 && seconds >= 0)
    keyframe.seconds = seconds;
  else if (std::sscanf(time.c_str(), "%ld%c", &frame, &rest) == 1 && frame >= 0)
    keyframe.frame = frame;
  else if (time != "last")
    throw base::UsageError(
        "{} must be a file and its time, as cat.png@1.5s, cat.png@12 (a frame) or cat.png@last, and how much it may "
        "change behind it, as cat.png@last:0.3; got '{}'",
        flag, text);
  if (!(keyframe.denoise >= 0 && keyframe.denoise <= 1))
    throw base::UsageError("{}: how much it may change must be from 0 to 1, got {} in '{}'", flag, keyframe.denoise, text);
  if (!std::filesystem::is_regular_file(keyframe.media)) throw base::UsageError("{}: '{}' does not exist", flag, keyframe.media.string());
  return keyframe;
}

std::filesystem::path find_input(const std::string& text) {
  if (std::filesystem::exists(text)) return text;
  if (std::filesystem::path snapshot = model::hub_snapshot(text); !snapshot.empty()) return snapshot;
  if (text.find_first_of("/.") != text.npos) throw base::UsageError("'{}' does not exist", text);
  return model::find_model(text);
}

std::string check_seed(const std::string& text) {
  return read_number<uint64_t>(text) ? "" : fmt::format("must be a whole number from 0 to {}, got '{}'", UINT64_MAX, text);
}

std::string check_drawn_seed(const std::string& text) {
  if (is_drawn_seed(text) || read_number<uint64_t>(text)) return "";
  return fmt::format("must be a whole number from 0 to {}, or random, got '{}'", UINT64_MAX, text);
}

std::string check_positive(const std::string& text) {
  return check_number(
      text, [](double x) { return x > 0; }, "a number above 0");
}

std::string check_not_negative(const std::string& text) {
  return check_number(
      text, [](double x) { return x >= 0; }, "a number from 0");
}

std::string check_fraction(const std::string& text) {
  return check_number(
      text, [](double x) { return x >= 0 && x <= 1; }, "a number from 0 to 1");
}

}  // namespace zoetrope::cli
