#include "zoetrope/tensor/placement.h"

#include <cstdio>

#include <ATen/cpu/Utils.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/DeviceCapability.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include "zoetrope/base/error.h"

namespace zoetrope::tensor {
namespace {

bool processor_has_bf16() {
  static const bool found = [] {
    auto capabilities = at::cpu::get_cpu_capabilities();
    for (auto name : {"avx512_bf16", "amx_bf16", "bf16"})  // the last is arm64's
      if (auto value = capabilities.find(name); value != capabilities.end() && value->second.isBool() && value->second.toBool())
        return true;
    return false;
  }();
  return found;
}

at::Device parse_device(const std::string& asked) {
  int64_t devices = at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
  if (asked == "cpu" || (asked == "auto" && devices == 0)) return at::kCPU;
  bool numbered =
      asked.starts_with("cuda:") && asked.size() > 5 && asked.size() < 8 && asked.find_first_not_of("0123456789", 5) == std::string::npos;
  if (asked != "auto" && asked != "cuda" && !numbered)
    throw base::UsageError("the device must be cpu, cuda, cuda:N or auto, got '{}'", asked);
  int64_t index = numbered ? std::stoi(asked.substr(5)) : 0;
  if (!at::hasCUDA()) throw base::UsageError("the device {} needs a libtorch with CUDA, and this one has no CUDA; use cpu", asked);
  if (index >= devices) throw base::UsageError("the device {} does not exist: CUDA finds {} on this machine", asked, devices);
  return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index));
}

}  // namespace

bool has_bf16(at::Device device) {
  if (device.is_cpu()) return processor_has_bf16();
  return c10::impl::getDeviceGuardImpl(device.type())->getDeviceCapability(device).capability_data.supported_scalar_types.has_BFloat16;
}

at::ScalarType parse_dtype(const std::string& asked, bool has_bf16) {
  if (asked != "auto" && asked != "bf16" && asked != "fp32")
    throw base::UsageError("the dtype must be auto, bf16 or fp32, got '{}'", asked);
  if (asked == "fp32") return at::kFloat;
  if (has_bf16) return at::kBFloat16;
  if (asked == "bf16") fmt::print(stderr, "warning: this device has no bf16 arithmetic; computing in fp32\n");
  return at::kFloat;
}

Placement parse_placement(const std::string& device, const std::string& dtype) {
  at::Device place = parse_device(device);
  return {place, parse_dtype(dtype, has_bf16(place))};
}

}  // namespace zoetrope::tensor
