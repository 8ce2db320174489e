#pragma once
#include <span>
#include <string>
#include <vector>

namespace zoetrope::tensor {

/// The bytes of a GGUF file, right or wrong, value by value.
class GgufBytes {
 public:
  template <class Number>
  GgufBytes& number(Number number) {
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof(number));
    return *this;
  }
  GgufBytes& text(const std::string& text) {
    number(uint64_t{text.size()});
    bytes_ += text;
    return *this;
  }
  GgufBytes& magic(uint32_t version, uint64_t tensors, uint64_t values) {
    bytes_ += "GGUF";
    return number(version).number(tensors).number(values);
  }
  /// A tensor's description; `sides` in the order of the file, the columns first.
  GgufBytes& tensor(const std::string& name, const std::vector<uint64_t>& sides, uint32_t type, uint64_t offset) {
    text(name).number(static_cast<uint32_t>(sides.size()));
    for (uint64_t side : sides) number(side);
    return number(type).number(offset);
  }
  /// Fills up to the data, and so many bytes of it.
  std::string with_data(size_t data, size_t alignment = 32) const {
    std::string whole = bytes_;
    whole.resize((whole.size() + alignment - 1) / alignment * alignment + data, '\0');
    return whole;
  }

 private:
  std::string bytes_;
};

inline std::span<const std::byte> bytes_of_gguf(const std::string& text) { return std::as_bytes(std::span(text)); }

/// Two tensors, one of them in blocks, and metadata of most kinds.
inline std::string valid_gguf() {
  constexpr uint32_t q8_0 = 8, f32 = 0, u32 = 4, i32 = 5, string = 8, list = 9, f64 = 12;
  return GgufBytes()
      .magic(3, 2, 5)
      .text("general.architecture")
      .number(string)
      .text("wan")
      .text("general.alignment")
      .number(u32)
      .number(uint32_t{32})
      .text("words")
      .number(list)
      .number(string)
      .number(uint64_t{2})
      .text("a")
      .text("")
      .text("half")
      .number(f64)
      .number(0.5)
      .text("comfy.gguf.orig_shape.b")
      .number(list)
      .number(i32)
      .number(uint64_t{3})
      .number(int32_t{1})
      .number(int32_t{2})
      .number(int32_t{3})
      .tensor("a", {64, 2}, q8_0, 0)
      .tensor("b", {3, 2}, f32, 160)
      .with_data(160 + 24);
}

}  // namespace zoetrope::tensor
