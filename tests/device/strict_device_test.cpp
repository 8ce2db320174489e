#include "tests/device/strict_device.h"

#include <cstdlib>

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <c10/core/DeviceCapability.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <gtest/gtest.h>
#include <torch/library.h>

#include "tests/complaint.h"
#include "zoetrope/base/error.h"
#include "zoetrope/tensor/placement.h"

// PyTorch keeps a kind of device for back ends that are not its own, PrivateUse1. The strict device is one whose memory is the host's.
namespace zoetrope::test {
namespace {

constexpr auto kind = c10::DeviceType::PrivateUse1;

int64_t reads = 0;
thread_local bool inside_fallback = false;  // which copies to the CPU and back, as no program would

struct HostMemory : c10::Allocator {
  static void release(void* data) { std::free(data); }
  c10::DataPtr allocate(size_t bytes) override {
    void* data = bytes == 0 ? nullptr : std::aligned_alloc(64, (bytes + 63) / 64 * 64);
    return {data, data, release, at::Device(kind, 0)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return release; }
  void copy_data(void* to, const void* from, size_t bytes) const override { default_copy_data(to, from, bytes); }
};
HostMemory memory;

/// One device with one stream.
struct Guard : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return kind; }
  c10::Device exchangeDevice(c10::Device) const override { return {kind, 0}; }
  c10::Device getDevice() const override { return {kind, 0}; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device d) const override { return c10::Stream(c10::Stream::DEFAULT, d); }
  c10::Stream getDefaultStream(c10::Device d) const override { return c10::Stream(c10::Stream::DEFAULT, d); }
  c10::Stream exchangeStream(c10::Stream s) const override { return s; }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  c10::DeviceCapability getDeviceCapability(c10::Device) const override {
    c10::DeviceCapability capability;
    capability.capability_data.supported_scalar_types.has_BFloat16 = false;
    return capability;
  }
};

struct Hooks : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return 1; }
  c10::DeviceIndex getCurrentDevice() const override { return 0; }
};
Hooks hooks;

void refuse(const c10::OperatorHandle& op, const Tensor& t) {
  if (t.defined() && t.is_cpu() && t.dim() > 0)
    throw base::Error("{} mixes devices: one of its tensors {} is on the CPU", op.schema().name(), t.sizes());
}

/// Every operator without a kernel of its own below.
void fallback(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  for (const c10::IValue& v : torch::jit::last(stack, op.schema().arguments().size())) {
    if (v.isTensor()) refuse(op, v.toTensor());
    if (v.isTensorList())
      for (const Tensor& t : v.toTensorVector()) refuse(op, t);
    if (v.isOptionalTensorList())
      for (const std::optional<Tensor>& t : v.toOptionalTensorVector())
        if (t) refuse(op, *t);
  }
  const bool outer = std::exchange(inside_fallback, true);
  try {
    at::native::cpu_fallback(op, stack);
  } catch (...) {
    inside_fallback = outer;
    throw;
  }
  inside_fallback = outer;
}

Tensor empty(c10::SymIntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<at::Layout>, std::optional<at::Device>,
             std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(C10_AS_INTARRAYREF_SLOW(size), &memory, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                   c10::dtype_or_default(dtype), format);
}

Tensor empty_strided(c10::SymIntArrayRef size, c10::SymIntArrayRef stride, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                     std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(C10_AS_INTARRAYREF_SLOW(size), C10_AS_INTARRAYREF_SLOW(stride), &memory,
                                           c10::DispatchKeySet(c10::DispatchKey::PrivateUse1), c10::dtype_or_default(dtype));
}

/// The same memory as a tensor of the CPU.
Tensor on_host(const Tensor& t) {
  return t.is_cpu() ? t : at::from_blob(t.data_ptr(), t.sizes(), t.strides(), at::TensorOptions(t.scalar_type()));
}

void count_read(const Tensor& from, const Tensor& to) {
  if (!inside_fallback && !from.is_cpu() && to.is_cpu()) ++reads;
}

Tensor copy_from(const Tensor& from, const Tensor& to, bool) {
  count_read(from, to);
  at::NoGradGuard no_grad;
  on_host(to).copy_(on_host(from));
  return to;
}

Tensor copy_from_and_resize(const Tensor& from, const Tensor& to) {
  if (to.sizes() != from.sizes()) to.resize_(from.sizes());
  return copy_from(from, to, false);
}

at::Scalar local_scalar_dense(const Tensor& t) {
  if (!inside_fallback) ++reads;
  return at::_local_scalar_dense(on_host(t));
}

const Tensor& resize(const Tensor& t, c10::SymIntArrayRef size, std::optional<at::MemoryFormat> format) {
  return at::native::resize_(t, C10_AS_INTARRAYREF_SLOW(size), format);
}

Tensor view(const Tensor& t, c10::SymIntArrayRef size) { return at::native::view(t, C10_AS_INTARRAYREF_SLOW(size)); }
Tensor as_strided(const Tensor& t, c10::SymIntArrayRef size, c10::SymIntArrayRef stride, std::optional<c10::SymInt> offset) {
  return at::native::as_strided_tensorimpl(t, C10_AS_INTARRAYREF_SLOW(size), C10_AS_INTARRAYREF_SLOW(stride),
                                           offset ? std::optional(offset->expect_int()) : std::nullopt);
}
Tensor reshape_alias(const Tensor& t, c10::SymIntArrayRef size, c10::SymIntArrayRef stride) {
  return at::native::_reshape_alias(t, C10_AS_INTARRAYREF_SLOW(size), C10_AS_INTARRAYREF_SLOW(stride));
}

// Convolutions of a foreign back end come here instead of to the fallback.
Tensor convolution(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias, at::IntArrayRef stride,
                   at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed, at::IntArrayRef output_padding, int64_t groups) {
  for (const Tensor& t : {x, weight, bias.value_or(Tensor())})
    if (t.defined() && t.is_cpu()) throw base::Error("a convolution mixes devices: one of its tensors {} is on the CPU", t.sizes());
  std::optional<Tensor> host_bias = bias && bias->defined() ? std::optional(on_host(*bias)) : std::nullopt;
  return at::convolution(on_host(x), on_host(weight), host_bias, stride, padding, dilation, transposed, output_padding, groups)
      .to(x.device());
}

std::tuple<Tensor, Tensor, Tensor> convolution_backward(const Tensor& grad, const Tensor& x, const Tensor& weight, at::IntArrayRef stride,
                                                        at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
                                                        at::IntArrayRef output_padding, int64_t groups, std::array<bool, 3> mask) {
  std::vector<int64_t> channels{weight.size(transposed ? 1 : 0) * (transposed ? groups : 1)};
  auto [of_x, of_weight, of_bias] = at::convolution_backward(on_host(grad), on_host(x), on_host(weight), channels, stride, padding,
                                                             dilation, transposed, output_padding, groups, mask);
  auto back = [&](const Tensor& t) { return t.defined() ? t.to(x.device()) : t; };
  return {back(of_x), back(of_weight), back(of_bias)};
}

C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard);
TORCH_LIBRARY_IMPL(_, PrivateUse1, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&fallback>()); }
TORCH_LIBRARY_IMPL(aten, PrivateUse1, m) {
  m.impl("empty.memory_format", empty);
  m.impl("empty_strided", empty_strided);
  m.impl("_copy_from", copy_from);
  m.impl("_copy_from_and_resize", copy_from_and_resize);
  m.impl("_local_scalar_dense", local_scalar_dense);
  m.impl("resize_", resize);
  m.impl("view", view);
  m.impl("as_strided", as_strided);
  m.impl("_reshape_alias", reshape_alias);
  m.impl("unfold", at::native::unfold);
  m.impl("convolution_overrideable", convolution);
  m.impl("convolution_backward_overrideable", convolution_backward);
}

}  // namespace

at::Device strict_device() {
  static const bool registered = [] {
    c10::register_privateuse1_backend("strict");
    at::RegisterPrivateUse1HooksInterface(&hooks);
    return true;
  }();
  return {kind, static_cast<c10::DeviceIndex>(registered ? 0 : -1)};
}

int64_t host_reads() { return reads; }

std::vector<at::Device> devices() {
  std::vector<at::Device> all{strict_device()};
  if (at::hasCUDA() && at::detail::getCUDAHooks().deviceCount() > 0) all.emplace_back(at::kCUDA, 0);
  return all;
}

namespace {

TEST(StrictDevice, ComputesWhatTheCpuComputes) {
  Tensor x = at::arange(24.).view({2, 3, 4}), y = x.to(strict_device());
  EXPECT_EQ(y.device(), strict_device());
  auto f = [](const Tensor& t) { return at::softmax((t.transpose(1, 2) * 2 + 1).flatten(1).narrow(1, 2, 5), -1); };
  EXPECT_TRUE(at::equal(f(y).cpu(), f(x)));
}

TEST(StrictDevice, ViewsShareTheirMemory) {
  Tensor x = at::zeros({4, 4}, at::TensorOptions(strict_device()));
  x.narrow(0, 1, 2).select(1, 3).fill_(1);
  x.t().unflatten(0, {2, 2})[0].add_(2);
  Tensor same = at::zeros({4, 4});
  same.narrow(0, 1, 2).select(1, 3).fill_(1);
  same.t().unflatten(0, {2, 2})[0].add_(2);
  EXPECT_TRUE(at::equal(x.cpu(), same));
}

TEST(StrictDevice, RefusesAnOperatorThatMixesDevices) {
  Tensor x = at::ones({3, 4}, at::TensorOptions(strict_device()));
  EXPECT_NE(complaint<std::exception>([&] { x + at::ones({4}); }), "");
  EXPECT_NE(complaint<std::exception>([&] { at::cat({x, at::ones({3, 4})}); }), "");
  EXPECT_NE(complaint<std::exception>([&] { at::linear(x, at::ones({2, 4})); }), "");
  EXPECT_NE(complaint<std::exception>([&] { x.index_select(0, at::zeros({1}, at::kLong)); }), "");
  EXPECT_NE(complaint<std::exception>([&] { at::where(at::ones({3, 4}) > 0, x, x); }), "");
  EXPECT_NE(complaint<std::exception>([&] { at::conv2d(x.view({1, 1, 3, 4}), at::ones({1, 1, 3, 3})); }), "");
  EXPECT_TRUE(at::equal((x * at::scalar_tensor(2.)).cpu(), at::full({3, 4}, 2.)));
}

TEST(StrictDevice, CountsReadsToTheHost) {
  Tensor x = at::ones({3}, at::TensorOptions(strict_device()));
  const int64_t before = host_reads();
  Tensor y = at::softmax(x * 2, 0).add_(1);
  EXPECT_EQ(host_reads(), before);
  y.cpu();
  y.sum().item();
  EXPECT_EQ(host_reads(), before + 2);
}

TEST(StrictDevice, TakesGradients) {
  auto run = [](at::Device device) {
    Tensor x = at::arange(1., 65.).view({1, 1, 8, 8}).to(device), w = at::linspace(-1, 1, 18).view({2, 1, 3, 3}).to(device);
    w.requires_grad_(true);
    at::gelu(at::conv2d(x, w)).square().mean().backward();
    return w.grad().cpu();
  };
  EXPECT_TRUE(at::allclose(run(strict_device()), run(at::kCPU)));
}

TEST(StrictDevice, SaysWhatItCanDo) { EXPECT_FALSE(tensor::has_bf16(strict_device())); }

}  // namespace
}  // namespace zoetrope::test
