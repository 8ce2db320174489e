#pragma once

namespace zoetrope::training {

/// Counts the floating-point operations (a multiplication and an addition are two) of the matrix products, convolutions and attentions
/// that ATen computes on this thread, forward and backward, while the counter lives. One a thread.
class FlopCounter {
 public:
  FlopCounter();
  ~FlopCounter();
  FlopCounter(const FlopCounter&) = delete;
  FlopCounter& operator=(const FlopCounter&) = delete;

  double total() const;

 private:
  unsigned long handle_;  // of the callback at ATen
};

}  // namespace zoetrope::training
