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
#include "zoetrope/base/file_kind.h"
#include "zoetrope/base/json.h"

namespace zoetrope::tensor {
namespace {

using base::Error;
using base::Json;

static_assert(std::endian::native == std::endian::little, "safetensors holds little-endian numbers, which are read where they lie");

constexpr size_t length_bytes = 8;
constexpr size_t header_limit = 100'000'000;  // the limit of the reference implementation
constexpr size_t rank_limit = 1024;           // of a shape, so that lists stay small; PyTorch itself computes with up to 64
constexpr int depth_limit = 126;              // of what is nested in the header, as in the reference implementation
constexpr const char* metadata_key = "__metadata__";

/// A dtype of safetensors, and what it is in PyTorch, where one element may hold two numbers, along the last dimension.
struct Dtype {
  const char* name;
  at::ScalarType type;
  int64_t numbers = 1;
};

/// All of the reference implementation except F6_E2M3 and F6_E3M2, which PyTorch does not have.
constexpr std::array<Dtype, 20> dtypes{{{"F64", at::kDouble},
                                        {"F32", at::kFloat},
                                        {"F16", at::kHalf},
                                        {"BF16", at::kBFloat16},
                                        {"F8_E4M3", at::kFloat8_e4m3fn},
                                        {"F8_E5M2", at::kFloat8_e5m2},
                                        {"F8_E4M3FNUZ", at::kFloat8_e4m3fnuz},
                                        {"F8_E5M2FNUZ", at::kFloat8_e5m2fnuz},
                                        {"F8_E8M0", at::kFloat8_e8m0fnu},
                                        {"F4", at::kFloat4_e2m1fn_x2, 2},
                                        {"C64", at::kComplexFloat},
                                        {"I64", at::kLong},
                                        {"I32", at::kInt},
                                        {"I16", at::kShort},
                                        {"I8", at::kChar},
                                        {"U64", at::kUInt64},
                                        {"U32", at::kUInt32},
                                        {"U16", at::kUInt16},
                                        {"U8", at::kByte},
                                        {"BOOL", at::kBool}}};

std::string dtype_names() {
  std::vector<std::string> names;
  for (const Dtype& dtype : dtypes) names.push_back(dtype.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

/// Watches the JSON while it is parsed, and refuses at once what a header cannot be, so that a hostile file never grows into a large tree.
/// As in the reference implementation a tensor may have fields that nobody knows, which are left out; of two tensors with one name the
/// last counts, and a field that counts is given once.
class Watch {
 public:
  explicit Watch(const std::string& path) : path_(path) {}

  /// Whether to keep what was parsed.
  bool operator()(int depth, nlohmann::detail::parse_event_t event, const Json& parsed) {
    using Event = nlohmann::detail::parse_event_t;
    if (event == Event::key && depth == 1) see_name(parsed.get_ref<const std::string&>());
    if (event == Event::key && depth == 2) return see_field(parsed.get_ref<const std::string&>());
    if (event == Event::object_start || event == Event::array_start) see_start(depth, event == Event::array_start);
    if (event == Event::value && depth == 3 && !ignores_ && ++values_ > rank_limit)
      throw Error("{}: tensor '{}' has a list of more than {} numbers in the safetensors header", path_, name_, rank_limit);
    return true;
  }

 private:
  void see_name(const std::string& name) {
    if (name == metadata_key && has_metadata_) throw Error("{}: '{}' occurs twice in the safetensors header", path_, name);
    has_metadata_ = has_metadata_ || name == metadata_key;
    name_ = name;
    fields_.clear();
    ignores_ = false;
  }

  bool see_field(const std::string& field) {
    bool counts = field == "dtype" || field == "shape" || field == "data_offsets";
    if (name_ != metadata_key) {
      ignores_ = !counts;
      if (counts && !fields_.insert(field).second)
        throw Error("{}: '{}' occurs twice in '{}' of the safetensors header", path_, field, name_);
    }
    return !ignores_;
  }

  void see_start(int depth, bool list) {
    if (depth == 0 && list) throw Error("{}: the safetensors header is not a JSON object", path_);
    if (depth == 1 && list) refuse_entry();
    if (depth > (ignores_ ? depth_limit : 2)) throw Error("{}: the safetensors header is nested too deeply, at '{}'", path_, name_);
    values_ = 0;
  }

  void refuse_entry() const {
    if (name_ == metadata_key) throw Error("{}: __metadata__ is not an object in the safetensors header", path_);
    throw Error("{}: tensor '{}' is not described by an object in the safetensors header", path_, name_);
  }

  const std::string& path_;
  std::string name_;              // of the tensor that is being read, or the metadata's
  std::set<std::string> fields_;  // of it so far
  bool ignores_ = false;          // the field that is being read
  bool has_metadata_ = false;
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

const Dtype& dtype_of(const Json& entry, const std::string& name, const std::string& path) {
  auto field = entry.find("dtype");
  if (field == entry.end() || !field->is_string()) throw Error("{}: tensor '{}' has no dtype in the safetensors header", path, name);
  for (const Dtype& dtype : dtypes)
    if (*field == dtype.name) return dtype;
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
  const Dtype& dtype = dtype_of(entry, name, path);
  TensorEntry tensor{dtype.type, numbers(entry, "shape", name, path), 0, 0};
  if (dtype.numbers > 1) {
    if (tensor.shape.empty() || tensor.shape.back() % dtype.numbers != 0)
      throw Error("{}: tensor '{}' is {} of shape [{}], whose last side must be a multiple of {}", path, name, dtype.name,
                  fmt::join(tensor.shape, ","), dtype.numbers);
    tensor.shape.back() /= dtype.numbers;
  }
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
  std::map<std::string, std::string> result;
  if (metadata.is_null()) return result;  // as if it were not there
  if (!metadata.is_object()) throw Error("{}: __metadata__ is not an object in the safetensors header", path);
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

void check_layout(const FileHeader& header, size_t data_bytes, const std::string& path) {
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

FileHeader parse_safetensors_header(std::span<const std::byte> file, const std::string& path) {
  std::string_view bytes(reinterpret_cast<const char*>(file.data()), file.size());
  auto refuse = [&](const std::string& sentence) {
    const std::string kind = base::wrong_kind(bytes.substr(0, base::file_kind_bytes), path, base::FileUse::weights);
    throw Error("{}: {}", path, kind.empty() ? sentence : kind);
  };
  if (bytes.size() < length_bytes) refuse(fmt::format("is {} bytes long, too short for a safetensors file", bytes.size()));
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), length_bytes);
  if (length > header_limit)
    refuse(fmt::format("is not a safetensors file, or has a header of {} bytes, more than the limit of {}", length, header_limit));
  if (length > bytes.size() - length_bytes)
    refuse(fmt::format("the safetensors header of {} bytes is longer than the file of {}; is it cut off?", length, bytes.size()));
  std::string_view text = bytes.substr(length_bytes, length);
  // The parser would skip a byte-order mark, and end at a zero byte.
  if (size_t start = text.find_first_not_of(" \t\r\n"); start == text.npos || text[start] != '{')
    refuse("the safetensors header does not start with '{'");
  if (text.find('\0') != text.npos) throw Error("{}: the safetensors header is not valid JSON", path);

  FileHeader header{{}, {}, length_bytes + length};
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

std::string format_safetensors_header(const FileHeader& header, const std::string& path) {
  Json json = Json::object();
  if (!header.metadata.empty()) json[metadata_key] = header.metadata;
  for (const EncodedCondition* placed : in_order(header.tensors)) {
    auto& [name, tensor] = *placed;
    if (name == metadata_key) throw Error("{}: '{}' is not a valid tensor name", path, name);
    auto dtype = std::ranges::find(dtypes, tensor.dtype, &Dtype::type);
    if (dtype == dtypes.end())
      throw Error("{}: tensor '{}' is {}, which safetensors does not support; it supports {}", path, name, at::toString(tensor.dtype),
                  dtype_names());
    std::vector<int64_t> shape = tensor.shape;
    if (dtype->numbers > 1 && !shape.empty()) shape.back() *= dtype->numbers;
    json[name] = {{"dtype", dtype->name}, {"shape", shape}, {"data_offsets", {tensor.begin, tensor.end}}};
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
