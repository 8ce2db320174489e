#pragma once
#include <cstdint>
#include <vector>

#include "zoetrope/base/tensor.h"

namespace zoetrope::base {

/// Tensors that wait on the disk instead of in memory: in a file without a name, in the folder TMPDIR or else in /var/tmp (/tmp is often
/// memory itself). Where the disk takes no more they wait in memory, so that no work is lost for it.
class Spool {
 public:
  Spool();
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  /// Puts a tensor of any device in the file; the first is number 0, the next 1, ...
  void put(const Tensor& tensor);
  /// The tensor of that number, contiguous and on the CPU. An error tells when the disk does not give it back.
  Tensor get(size_t number) const;

 private:
  struct Entry {
    std::vector<int64_t> shape;
    at::ScalarType dtype;
    int64_t offset;  // in the file
    Tensor kept;     // or here, where the file had no space
  };
  int file_;  // negative: there is none
  int64_t end_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace zoetrope::base
