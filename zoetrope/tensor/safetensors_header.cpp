#include "zoetrope/tensor/safetensors_header.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <set>
#include <utility>

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"
#include "zoetrope/base/json.h"

namespace zoetrope::tensor {
namespace {

using base::Error;
using base::Json;

static_assert(std::endian::native == std::endian::little, "safetensors holds little-endian numbers, which are read where they lie");

constexpr size_t length_bytes = 8;
constexpr size_t header_limit = 100'000'000;  // the limit of the reference implementation
constexpr size_t rank_limit = 32;
constexpr const char* metadata_key = "__metadata__";

constexpr std::array<std::pair<const char*, at::ScalarType>, 12> dtypes{{{"F64", at::kDouble},
                                                                         {"F32", at::kFloat},
                                                                         {"F16", at::kHalf},
                                                                         {"BF16", at::kBFloat16},
                                                                         {"F8_E4M3", at::kFloat8_e4m3fn},
                                                                         {"F8_E5M2", at::kFloat8_e5m2},
                                                                         {"I64", at::kLong},
                                                                         {"I32", at::kInt},
                                                                         {"I16", at::kShort},
                                                                         {"I8", at::kChar},
                                                                         {"U8", at::kByte},
                                                                         {"BOOL", at::kBool}}};

std::string dtype_names() {
  std::vector<std::string> names;
  for (auto& [name, type] : dtypes) names.push_back(name);
  return fmt::format("{}", fmt::join(names, ", "));
}

/// Watches the JSON while it is parsed, and refuses at once what a header cannot be: so a hostile file never grows into a large tree,
/// and a key that is written twice is seen before the second value replaces the first.
class Watch {
 public:
  explicit Watch(const std::string& path) : path_(path) {}

  bool operator()(int depth, nlohmann::detail::parse_event_t event, const Json& parsed) {
    using Event = nlohmann::detail::parse_event_t;
    if (event == Event::key) see_key(depth, parsed.get_ref<const std::string&>());
    bool opens = event == Event::object_start || event == Event::array_start;
    if (depth > 2 && opens) throw Error("{}: the safetensors header is nested too deeply, at '{}'", path_, name_);
    if (event == Event::array_start) values_ = 0;
    if (depth == 3 && event == Event::value && ++values_ > rank_limit)
      throw Error("{}: tensor '{}' has a list of more than {} numbers in the safetensors header", path_, name_, rank_limit);
    return true;
  }

 private:
  void see_key(int depth, const std::string& key) {
    if (depth == 1) {
      name_ = key;
      fields_.clear();
      if (!names_.insert(key).second) throw Error("{}: '{}' occurs twice in the safetensors header", path_, key);
    } else {
      if (!fields_.insert(key).second) throw Error("{}: '{}' occurs twice in '{}' of the safetensors header", path_, key, name_);
      bool known = key == "dtype" || key == "shape" || key == "data_offsets" || name_ == metadata_key;
      if (!known) throw Error("{}: tensor '{}' has an unknown field '{}' in the safetensors header", path_, name_, key);
    }
  }

  const std::string& path_;
  std::string name_;
  std::set<std::string> names_, fields_;
  size_t values_ = 0;
};

Json parse_json(std::string_view text, const std::string& path) {
  Json header;
  try {
    header = Json::parse(text, Watch(path));
  } catch (const Json::exception&) {
    throw Error("{}: the safetensors header is not valid JSON", path);
  }
  if (!header.is_object()) throw Error("{}: the safetensors header is not a JSON object", path);
  return header;
}

/// A list of whole numbers that fit int64, as `shape` and `data_offsets` are.
std::vector<int64_t> numbers(const Json& entry, const char* field, const std::string& name, const std::string& path) {
  auto list = entry.find(field);
  bool valid = list != entry.end() && list->is_array();
  std::vector<int64_t> result;
  for (size_t i = 0; valid && i < list->size(); ++i) {
    const Json& number = (*list)[i];
    valid = number.is_number_unsigned() && number.get<uint64_t>() <= uint64_t{std::numeric_limits<int64_t>::max()};
    if (valid) result.push_back(number.get<int64_t>());
  }
  if (!valid) throw Error("{}: '{}' of tensor '{}' is not a list of whole numbers from 0 to 2^63-1", path, field, name);
  return result;
}

at::ScalarType dtype_of(const Json& entry, const std::string& name, const std::string& path) {
  auto field = entry.find("dtype");
  if (field == entry.end() || !field->is_string()) throw Error("{}: tensor '{}' has no dtype in the safetensors header", path, name);
  for (auto& [known, type] : dtypes)
    if (*field == known) return type;
  throw Error("{}: tensor '{}' has the dtype '{}'; supported are {}", path, name, field->get<std::string>(), dtype_names());
}

/// The bytes that a tensor takes. Strides are computed from the same product, so it must not overflow even where a side is 0.
size_t bytes_of(const TensorEntry& entry, const std::string& name, const std::string& path) {
  int64_t product = static_cast<int64_t>(at::elementSize(entry.dtype));
  bool overflow = false, empty = false;
  for (int64_t side : entry.shape) {
    empty = empty || side == 0;
    overflow = overflow || __builtin_mul_overflow(product, std::max<int64_t>(side, 1), &product);
  }
  if (overflow) throw Error("{}: tensor '{}' of shape [{}] is too large to address", path, name, fmt::join(entry.shape, ","));
  return empty ? 0 : static_cast<size_t>(product);
}

TensorEntry parse_entry(const Json& entry, const std::string& name, const std::string& path) {
  if (!entry.is_object()) throw Error("{}: tensor '{}' is not described by an object in the safetensors header", path, name);
  TensorEntry tensor{dtype_of(entry, name, path), numbers(entry, "shape", name, path), 0, 0};
  auto offsets = numbers(entry, "data_offsets", name, path);
  if (offsets.size() != 2 || offsets[1] < offsets[0])
    throw Error("{}: the data_offsets of tensor '{}' are not a start and an end: [{}]", path, name, fmt::join(offsets, ","));
  tensor.begin = static_cast<size_t>(offsets[0]);
  tensor.end = static_cast<size_t>(offsets[1]);
  size_t wanted = bytes_of(tensor, name, path);
  if (tensor.end - tensor.begin != wanted)
    throw Error("{}: tensor '{}' has {} bytes, but its dtype and its shape [{}] need {}", path, name, tensor.end - tensor.begin,
                fmt::join(tensor.shape, ","), wanted);
  return tensor;
}

std::map<std::string, std::string> parse_metadata(const Json& metadata, const std::string& path) {
  if (!metadata.is_object()) throw Error("{}: __metadata__ is not an object in the safetensors header", path);
  std::map<std::string, std::string> result;
  for (auto& [key, value] : metadata.items()) {
    if (!value.is_string()) throw Error("{}: '{}' of __metadata__ is not a string", path, key);
    result[key] = value.get<std::string>();
  }
  return result;
}

using EncodedCondition = std::pair<const std::string, TensorEntry>;

/// The tensors in the order in which they lie in the file.
std::vector<const EncodedCondition*> in_order(const std::map<std::string, TensorEntry>& tensors) {
  std::vector<const EncodedCondition*> order;
  for (auto& tensor : tensors) order.push_back(&tensor);
  std::stable_sort(order.begin(), order.end(),
                   [](auto* a, auto* b) { return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end); });
  return order;
}

void check_layout(const SafetensorsHeader& header, size_t data_bytes, const std::string& path) {
  size_t reached = 0;
  for (const EncodedCondition* placed : in_order(header.tensors)) {
    auto& [name, tensor] = *placed;
    if (tensor.begin < reached) throw Error("{}: tensor '{}' overlaps the one before it, at byte {} of the data", path, name, tensor.begin);
    if (tensor.begin > reached) throw Error("{}: {} bytes before tensor '{}' belong to no tensor", path, tensor.begin - reached, name);
    if (tensor.end > data_bytes)
      throw Error("{}: tensor '{}' ends at byte {} of the data, which is only {} bytes long; is the file cut off?", path, name, tensor.end,
                  data_bytes);
    reached = tensor.end;
  }
  if (reached != data_bytes) throw Error("{}: the last {} bytes belong to no tensor", path, data_bytes - reached);
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::span<const std::byte> file, const std::string& path) {
  if (file.size() < length_bytes) throw Error("{}: is {} bytes long, too short for a safetensors file", path, file.size());
  uint64_t length = 0;
  std::memcpy(&length, file.data(), length_bytes);
  if (length > header_limit)
    throw Error("{}: is not a safetensors file, or has a header of {} bytes, more than the limit of {}", path, length, header_limit);
  if (length > file.size() - length_bytes)
    throw Error("{}: the safetensors header of {} bytes is longer than the file of {}; is it cut off?", path, length, file.size());
  std::string_view text(reinterpret_cast<const char*>(file.data()) + length_bytes, length);
  if (!text.starts_with('{')) throw Error("{}: the safetensors header does not start with '{{'", path);

  SafetensorsHeader header{{}, {}, length_bytes + length};
  Json json = parse_json(text, path);
  for (auto& [name, entry] : json.items()) {
    if (name == metadata_key)
      header.metadata = parse_metadata(entry, path);
    else
      header.tensors.emplace(name, parse_entry(entry, name, path));
  }
  check_layout(header, file.size() - header.data_start, path);
  return header;
}

std::string format_safetensors_header(const SafetensorsHeader& header, const std::string& path) {
  Json json = Json::object();
  if (!header.metadata.empty()) json[metadata_key] = header.metadata;
  for (const EncodedCondition* placed : in_order(header.tensors)) {
    auto& [name, tensor] = *placed;
    if (name == metadata_key) throw Error("{}: '{}' is not a valid tensor name", path, name);
    auto dtype = std::find_if(dtypes.begin(), dtypes.end(), [&](auto& known) { return known.second == tensor.dtype; });
    if (dtype == dtypes.end())
      throw Error("{}: tensor '{}' is {}, which safetensors does not support; it supports {}", path, name, at::toString(tensor.dtype),
                  dtype_names());
    json[name] = {{"dtype", dtype->first}, {"shape", tensor.shape}, {"data_offsets", {tensor.begin, tensor.end}}};
  }
  std::string text;
  try {
    text = json.dump();
  } catch (const Json::exception&) {
    throw Error("{}: names and metadata of safetensors must be UTF-8", path);
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  if (text.size() > header_limit)
    throw Error("{}: the safetensors header would be {} bytes long, more than the limit of {}", path, text.size(), header_limit);
  uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), length_bytes) + text;
}

}  // namespace zoetrope::tensor
