#include "zoetrope/tensor/gguf_header.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"

namespace zoetrope::tensor {
namespace {

using base::Error;

static_assert(std::endian::native == std::endian::little, "the numbers of a GGUF file are read where they lie");

constexpr size_t gguf_header_limit = 100'000'000;  // bytes before the data; a large vocabulary takes some 10 MB
constexpr size_t name_limit = 1024, dimension_limit = 8, list_depth_limit = 4;
constexpr uint64_t alignment_limit = 1 << 20;
constexpr size_t shape_limit = 16;  // numbers of a list that is kept

/// Types of numbers that are no blocks.
struct PlainType {
  uint32_t number;
  const char* name;
  at::ScalarType dtype;
};
constexpr std::array<PlainType, 8> plain_types{{{0, "f32", at::kFloat},
                                                {1, "f16", at::kHalf},
                                                {30, "bf16", at::kBFloat16},
                                                {28, "f64", at::kDouble},
                                                {24, "i8", at::kChar},
                                                {25, "i16", at::kShort},
                                                {26, "i32", at::kInt},
                                                {27, "i64", at::kLong}}};

struct BlockNumber {
  uint32_t number;
  const char* name;
};
constexpr std::array<BlockNumber, 8> block_numbers{
    {{8, "q8_0"}, {14, "q6_k"}, {13, "q5_k"}, {12, "q4_k"}, {6, "q5_0"}, {7, "q5_1"}, {2, "q4_0"}, {3, "q4_1"}}};

/// Types that exist and are not read, so that an error can name them.
constexpr std::array<BlockNumber, 16> other_types{{{9, "q8_1"},
                                                   {10, "q2_k"},
                                                   {11, "q3_k"},
                                                   {15, "q8_k"},
                                                   {16, "iq2_xxs"},
                                                   {17, "iq2_xs"},
                                                   {18, "iq3_xxs"},
                                                   {19, "iq1_s"},
                                                   {20, "iq4_nl"},
                                                   {21, "iq3_s"},
                                                   {22, "iq2_s"},
                                                   {23, "iq4_xs"},
                                                   {29, "iq1_m"},
                                                   {34, "tq1_0"},
                                                   {35, "tq2_0"},
                                                   {39, "mxfp4"}}};

std::string read_type_names() {
  std::vector<std::string> names;
  for (const BlockType& type : block_types()) names.push_back(type.name);
  for (const PlainType& type : plain_types) names.push_back(type.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

/// The types of metadata, by number.
struct ValueType {
  enum : uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, list, u64, i64, f64, count };
};
constexpr std::array<const char*, ValueType::count> value_names{"u8",   "i8",   "u16",  "i16", "u32", "i32", "f32",
                                                                "bool", "text", "list", "u64", "i64", "f64"};
constexpr std::array<size_t, ValueType::count> value_bytes{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};  // 0: not fixed

/// Goes through the bytes of a header, and refuses to go beyond their end.
class Cursor {
 public:
  Cursor(std::span<const std::byte> file, const std::string& path)
      : bytes_(file.first(std::min(file.size(), gguf_header_limit))), whole_(file.size() <= gguf_header_limit), path_(path) {}

  size_t at() const { return at_; }

  std::span<const std::byte> take(uint64_t count) {
    if (count > bytes_.size() - at_) {
      if (!whole_) throw Error("{}: the GGUF header is longer than the limit of {} bytes", path_, gguf_header_limit);
      throw Error("{}: the GGUF header ends at byte {} of the file, in the middle of a value; is it cut off?", path_, bytes_.size());
    }
    at_ += count;
    return bytes_.subspan(at_ - count, count);
  }

  template <class Number>
  Number number() {
    Number value;
    std::memcpy(&value, take(sizeof(value)).data(), sizeof(value));
    return value;
  }

  std::string string() {
    std::span<const std::byte> bytes = take(number<uint64_t>());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

 private:
  std::span<const std::byte> bytes_;
  bool whole_;
  size_t at_ = 0;
  const std::string& path_;
};

/// A value of the metadata: as text, and its whole numbers if it is a short list of them, or one.
struct Value {
  std::string text;
  std::vector<int64_t> numbers;
};

/// A number, a truth or a text.
Value read_scalar(Cursor& cursor, uint32_t type) {
  auto whole = [](auto number) {
    Value value{fmt::format("{}", number), {}};
    if (std::in_range<int64_t>(number)) value.numbers = {static_cast<int64_t>(number)};
    return value;
  };
  switch (type) {
    case ValueType::u8:
      return whole(static_cast<uint32_t>(cursor.number<uint8_t>()));
    case ValueType::i8:
      return whole(static_cast<int32_t>(cursor.number<int8_t>()));
    case ValueType::u16:
      return whole(static_cast<uint32_t>(cursor.number<uint16_t>()));
    case ValueType::i16:
      return whole(static_cast<int32_t>(cursor.number<int16_t>()));
    case ValueType::u32:
      return whole(cursor.number<uint32_t>());
    case ValueType::i32:
      return whole(cursor.number<int32_t>());
    case ValueType::u64:
      return whole(cursor.number<uint64_t>());
    case ValueType::i64:
      return whole(cursor.number<int64_t>());
    case ValueType::f32:
      return {fmt::format("{}", cursor.number<float>()), {}};
    case ValueType::f64:
      return {fmt::format("{}", cursor.number<double>()), {}};
    case ValueType::boolean:
      return {cursor.number<uint8_t>() != 0 ? "true" : "false", {}};
    default:
      return {cursor.string(), {}};
  }
}

Value read_value(Cursor& cursor, uint32_t type, const std::string& key, const std::string& path, size_t depth = 0) {
  if (type >= ValueType::count)
    throw Error("{}: '{}' in the GGUF header has the unknown type {}; types are 0 to {}", path, key, type, ValueType::count - 1);
  if (type != ValueType::list) return read_scalar(cursor, type);
  if (depth == list_depth_limit) throw Error("{}: the lists of '{}' in the GGUF header are nested too deeply", path, key);
  const auto of = cursor.number<uint32_t>();
  const auto count = cursor.number<uint64_t>();
  if (of >= ValueType::count) throw Error("{}: the list '{}' in the GGUF header is of the unknown type {}", path, key, of);
  Value value{fmt::format("{} of {}", count, value_names[of]), {}};
  if (size_t bytes = value_bytes[of]; bytes > 0 && count > shape_limit) {
    if (count > gguf_header_limit) throw Error("{}: the list '{}' in the GGUF header has {} values, too many", path, key, count);
    cursor.take(count * bytes);
    return value;
  }
  for (uint64_t i = 0; i < count; ++i) {  // each takes a byte at least, so that the file's end ends this
    Value one = read_value(cursor, of, key, path, depth + 1);
    if (count <= shape_limit && one.numbers.size() == 1) value.numbers.push_back(one.numbers.front());
  }
  return value;
}

/// The bytes of a tensor of this shape.
size_t stored_bytes(const TensorEntry& entry, const std::string& name, const std::string& path) {
  int64_t unit = static_cast<int64_t>(at::elementSize(entry.dtype)), product = 1;
  bool overflow = false, empty = false;
  for (size_t i = 0; i < entry.shape.size(); ++i) {
    int64_t side = entry.shape[i];
    if (entry.blocks != nullptr && i + 1 == entry.shape.size()) {
      if (side % entry.blocks->numbers != 0)
        throw Error("{}: tensor '{}' is {} with rows of {}, which must be a multiple of {}", path, name, entry.blocks->name, side,
                    entry.blocks->numbers);
      side /= entry.blocks->numbers, unit = static_cast<int64_t>(entry.blocks->bytes);
    }
    empty = empty || side == 0;
    overflow = overflow || __builtin_mul_overflow(product, std::max<int64_t>(side, 1), &product);
  }
  // As numbers in fp32, too, they can be addressed.
  const int64_t numbers = entry.blocks == nullptr ? 8 : 4 * entry.blocks->numbers;
  int64_t unpacked = 0;
  overflow = overflow || __builtin_mul_overflow(product, numbers, &unpacked) || __builtin_mul_overflow(product, unit, &product);
  if (overflow) throw Error("{}: tensor '{}' of shape [{}] is too large to address", path, name, fmt::join(entry.shape, ","));
  return empty ? 0 : static_cast<size_t>(product);
}

void set_type(TensorEntry& entry, uint32_t number, const std::string& name, const std::string& path) {
  if (auto plain = std::ranges::find(plain_types, number, &PlainType::number); plain != plain_types.end()) {
    entry.dtype = plain->dtype;
    return;
  }
  if (auto blocks = std::ranges::find(block_numbers, number, &BlockNumber::number); blocks != block_numbers.end()) {
    entry.dtype = at::kByte, entry.blocks = find_block_type(blocks->name);
    return;
  }
  auto other = std::ranges::find(other_types, number, &BlockNumber::number);
  throw Error("{}: tensor '{}' is of the type {}, which is not supported; supported are {}", path, name,
              other == other_types.end() ? std::to_string(number) : other->name, read_type_names());
}

/// The description of a tensor; `end` is not known to fit the file yet.
std::pair<std::string, TensorEntry> read_entry(Cursor& cursor, uint64_t alignment, const std::string& path) {
  std::string name = cursor.string();
  if (name.size() > name_limit) throw Error("{}: the name of a tensor is {} bytes long; the limit is {}", path, name.size(), name_limit);
  TensorEntry entry{at::kFloat, {}, 0, 0};
  const auto dimensions = cursor.number<uint32_t>();
  if (dimensions > dimension_limit)
    throw Error("{}: tensor '{}' has {} dimensions; the limit is {}", path, name, dimensions, dimension_limit);
  for (uint32_t i = 0; i < dimensions; ++i) {
    const auto side = cursor.number<uint64_t>();
    if (!std::in_range<int64_t>(side)) throw Error("{}: a side of tensor '{}' is {}, which is too large", path, name, side);
    entry.shape.insert(entry.shape.begin(), static_cast<int64_t>(side));
  }
  set_type(entry, cursor.number<uint32_t>(), name, path);
  if (entry.blocks != nullptr && entry.shape.empty()) throw Error("{}: tensor '{}' is {} and has no shape", path, name, entry.blocks->name);
  const auto offset = cursor.number<uint64_t>();
  if (offset % alignment != 0)
    throw Error("{}: tensor '{}' begins at byte {} of the data, which is no multiple of {}", path, name, offset, alignment);
  entry.begin = offset, entry.end = offset + stored_bytes(entry, name, path);
  if (entry.end < entry.begin) throw Error("{}: tensor '{}' begins at byte {} of the data, far beyond its end", path, name, offset);
  return {std::move(name), std::move(entry)};
}

void check_places(const FileHeader& header, size_t data_bytes, const std::string& path) {
  std::vector<std::pair<const std::string*, const TensorEntry*>> order;
  for (const auto& [name, entry] : header.tensors) order.emplace_back(&name, &entry);
  std::ranges::sort(order, {}, [](const auto& placed) { return std::pair(placed.second->begin, placed.second->end); });
  size_t reached = 0;
  for (const auto& [name, entry] : order) {
    if (entry->begin < reached)
      throw Error("{}: tensor '{}' overlaps the one before it, at byte {} of the data", path, *name, entry->begin);
    if (entry->end > data_bytes)
      throw Error("{}: tensor '{}' ends at byte {} of the data, which is only {} bytes long; is the file cut off?", path, *name, entry->end,
                  data_bytes);
    reached = entry->end;
  }
}

template <class Number>
void put(std::string& bytes, Number number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

void put_string(std::string& bytes, const std::string& text) {
  put(bytes, static_cast<uint64_t>(text.size()));
  bytes += text;
}

}  // namespace

FileHeader parse_gguf_header(std::span<const std::byte> file, const std::string& path) {
  constexpr uint32_t oldest = 2, newest = 3;
  const std::string_view start(reinterpret_cast<const char*>(file.data()), std::min(file.size(), gguf_magic.size()));
  if (start != gguf_magic) throw Error("{}: is not a GGUF file: it does not begin with '{}'", path, gguf_magic);
  Cursor cursor(file, path);
  cursor.take(gguf_magic.size());
  if (auto version = cursor.number<uint32_t>(); version < oldest || version > newest)
    throw Error("{}: is a GGUF file of version {}; versions {} and {}, little-endian, are supported", path, version, oldest, newest);
  const auto tensors = cursor.number<uint64_t>(), values = cursor.number<uint64_t>();

  FileHeader header{{}, {}, 0};
  std::map<std::string, std::vector<int64_t>> shapes;
  uint64_t alignment = gguf_alignment;
  constexpr std::string_view shape_key = "comfy.gguf.orig_shape.";
  for (uint64_t i = 0; i < values; ++i) {
    std::string key = cursor.string();
    Value value = read_value(cursor, cursor.number<uint32_t>(), key, path);
    if (key == "general.alignment") {
      const bool power = value.numbers.size() == 1 && value.numbers[0] >= 8 && std::has_single_bit(static_cast<uint64_t>(value.numbers[0]));
      if (!power || static_cast<uint64_t>(value.numbers[0]) > alignment_limit)
        throw Error("{}: 'general.alignment' must be a power of two from 8 to {}, got {}", path, alignment_limit, value.text);
      alignment = static_cast<uint64_t>(value.numbers[0]);
    }
    if (key.starts_with(shape_key)) shapes[key.substr(shape_key.size())] = value.numbers;
    if (!header.metadata.emplace(key, value.text).second) throw Error("{}: '{}' occurs twice in the GGUF header", path, key);
  }
  for (uint64_t i = 0; i < tensors; ++i) {
    auto [name, entry] = read_entry(cursor, alignment, path);
    if (auto shape = shapes.find(name); shape != shapes.end()) {
      TensorEntry as_it_was = entry;
      as_it_was.shape = shape->second;
      const bool possible = !shape->second.empty() && std::ranges::all_of(shape->second, [](int64_t side) { return side >= 0; });
      if (!possible || stored_bytes(as_it_was, name, path) != entry.end - entry.begin)
        throw Error("{}: the original shape of tensor '{}', [{}], is not that of its [{}]", path, name, fmt::join(shape->second, ","),
                    fmt::join(entry.shape, ","));
      entry = as_it_was;
    }
    if (!header.tensors.emplace(name, entry).second) throw Error("{}: tensor '{}' occurs twice in the GGUF header", path, name);
  }
  header.data_start = (cursor.at() + alignment - 1) / alignment * alignment;
  check_places(header, file.size() - std::min(header.data_start, file.size()), path);
  header.data_start = std::min(header.data_start, file.size());  // of a file without data
  return header;
}

std::optional<uint32_t> gguf_type(at::ScalarType dtype, const BlockType* blocks) {
  if (blocks != nullptr) {
    for (const BlockNumber& type : block_numbers)
      if (find_block_type(type.name) == blocks) return type.number;
    return std::nullopt;
  }
  auto plain = std::ranges::find(plain_types, dtype, &PlainType::dtype);
  return plain == plain_types.end() ? std::nullopt : std::optional(plain->number);
}

std::string format_gguf_header(const std::map<std::string, TensorEntry>& tensors,
                               const std::vector<std::pair<std::string, std::variant<std::string, uint32_t>>>& metadata) {
  constexpr uint32_t version = 3;
  std::string bytes(gguf_magic);
  put(bytes, version);
  put(bytes, static_cast<uint64_t>(tensors.size()));
  put(bytes, static_cast<uint64_t>(metadata.size()));
  for (const auto& [key, value] : metadata) {
    put_string(bytes, key);
    put(bytes, static_cast<uint32_t>(std::holds_alternative<uint32_t>(value) ? ValueType::u32 : ValueType::text));
    if (const auto* number = std::get_if<uint32_t>(&value))
      put(bytes, *number);
    else
      put_string(bytes, std::get<std::string>(value));
  }
  std::vector<std::pair<const std::string*, const TensorEntry*>> order;
  for (const auto& [name, entry] : tensors) order.emplace_back(&name, &entry);
  std::ranges::stable_sort(order, {}, [](const auto& placed) { return placed.second->begin; });
  for (const auto& [name, entry] : order) {
    const auto type = gguf_type(entry->dtype, entry->blocks);
    if (!type) throw Error("tensor '{}' is {}, which GGUF files cannot hold", *name, at::toString(entry->dtype));
    put_string(bytes, *name);
    put(bytes, static_cast<uint32_t>(entry->shape.size()));
    for (auto side = entry->shape.rbegin(); side != entry->shape.rend(); ++side) put(bytes, static_cast<uint64_t>(*side));
    put(bytes, *type);
    put(bytes, static_cast<uint64_t>(entry->begin));
  }
  bytes.resize((bytes.size() + gguf_alignment - 1) / gguf_alignment * gguf_alignment, '\0');
  return bytes;
}

}  // namespace zoetrope::tensor
