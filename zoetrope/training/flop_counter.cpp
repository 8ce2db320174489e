#include "zoetrope/training/flop_counter.h"

#include <ATen/record_function.h>

#include "zoetrope/base/tensor.h"

namespace zoetrope::training {
namespace {

thread_local double counted = 0;
thread_local int inside = 0;  // of an operator that is counted, whose own operators are not

using Inputs = c10::ArrayRef<const c10::IValue>;

double size(const c10::IValue& tensor) { return static_cast<double>(tensor.toTensor().numel()); }
double last_side(const c10::IValue& tensor) { return static_cast<double>(tensor.toTensor().size(-1)); }
/// Of a convolution's weight [out,in,...] or, transposed, [in,out,...]: products for each number of the output, or of the input.
double products(const c10::IValue& weight) { return size(weight) / static_cast<double>(weight.toTensor().size(0)); }

/// What an operator computes: a number of operations, and one for each value of its output.
struct Work {
  double flops = 0, flops_per_output = 0;
};

Work of_product(Inputs in) { return {2 * size(in[0]) * last_side(in[1])}; }
Work of_sum_and_product(Inputs in) { return {2 * size(in[1]) * last_side(in[2])}; }

Work of_convolution(Inputs in) {
  constexpr size_t transposed = 6;
  if (in[transposed].toBool()) return {2 * products(in[1]) * size(in[0])};
  return {0, 2 * products(in[1])};
}

Work of_convolution_backward(Inputs in) {
  constexpr size_t transposed = 7, output_mask = 10;
  const auto wanted = in[output_mask].toBoolList();  // gradients of input, weight and bias
  return {2 * products(in[2]) * size(in[in[transposed].toBool() ? 1 : 0]) * (wanted[0] + wanted[1])};
}

/// q [B,H,N,d], k [B,H,M,d]: one product of N x M x d for each head.
double of_attention_product(const c10::IValue& q, const c10::IValue& k) { return 2 * size(q) * static_cast<double>(k.toTensor().size(-2)); }
Work of_attention(Inputs in) { return {2 * of_attention_product(in[0], in[1])}; }
Work of_attention_backward(Inputs in) { return {5 * of_attention_product(in[1], in[2])}; }  // the scores are made again

using WorkOf = Work (*)(Inputs inputs);

WorkOf work_of(const char* name) {
  static const std::map<std::string, WorkOf, std::less<>> operators{
      {"aten::mm", of_product},
      {"aten::bmm", of_product},
      {"aten::addmm", of_sum_and_product},
      {"aten::baddbmm", of_sum_and_product},
      {"aten::convolution", of_convolution},
      {"aten::convolution_backward", of_convolution_backward},
      {"aten::_scaled_dot_product_flash_attention_for_cpu", of_attention},
      {"aten::_scaled_dot_product_flash_attention_for_cpu_backward", of_attention_backward},
      {"aten::_scaled_dot_product_flash_attention", of_attention},
      {"aten::_scaled_dot_product_flash_attention_backward", of_attention_backward},
      {"aten::_scaled_dot_product_efficient_attention", of_attention},
      {"aten::_scaled_dot_product_efficient_attention_backward", of_attention_backward},
      {"aten::_scaled_dot_product_cudnn_attention", of_attention},
      {"aten::_scaled_dot_product_cudnn_attention_backward", of_attention_backward},
  };
  auto found = operators.find(std::string_view(name));
  return found == operators.end() ? nullptr : found->second;
}

struct Counted : at::ObserverContext {
  explicit Counted(Work work) : work(work) {}
  Work work;
};

/// The inputs are there at the start alone: the operator may have used up its stack when it ends.
std::unique_ptr<at::ObserverContext> start(const at::RecordFunction& function) {
  WorkOf work = work_of(function.name());
  if (work == nullptr) return nullptr;
  ++inside;
  return std::make_unique<Counted>(work(function.inputs()));
}

void end(const at::RecordFunction& function, at::ObserverContext* context) {
  if (context == nullptr || --inside > 0) return;
  const Work& work = static_cast<Counted*>(context)->work;
  counted += work.flops;
  if (work.flops_per_output > 0) counted += work.flops_per_output * size(function.outputs().at(0));
}

}  // namespace

FlopCounter::FlopCounter()
    : handle_(at::addThreadLocalCallback(
          at::RecordFunctionCallback(start, end).needsInputs(true).needsOutputs(true).scopes({at::RecordScope::FUNCTION}))) {
  counted = 0;
}

FlopCounter::~FlopCounter() { at::removeCallback(handle_); }

double FlopCounter::total() const { return counted; }

}  // namespace zoetrope::training
