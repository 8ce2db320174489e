#include "zoetrope/tensor/build_model.h"

#include <fmt/ranges.h>

#include "zoetrope/base/error.h"
#include "zoetrope/tensor/fp8.h"

namespace zoetrope::tensor {
namespace {

/// "3 that are missing: a, b, c", with the first few of many.
std::string list(const std::vector<std::string>& names, const char* what) {
  constexpr ptrdiff_t shown = 8;
  if (names.empty()) return {};
  std::vector<std::string> first(names.begin(), names.begin() + std::min(shown, std::ssize(names)));
  return fmt::format("; {} {}: {}{}", names.size(), what, fmt::join(first, ", "), std::ssize(names) > shown ? ", ..." : "");
}

}  // namespace

Tensor DryRun::get(const std::string& name, at::IntArrayRef shape) {
  Tensor nothing = at::empty(shape, at::TensorOptions().device(at::kMeta));
  if (!asked_.insert(name).second) return nothing;
  if (!has(name)) {
    missing_.push_back(name);
  } else if (at::IntArrayRef found = checkpoint_->entry(name).shape; found != shape) {
    misshapen_.push_back(fmt::format("{} is [{}] instead of [{}]", name, fmt::join(found, ","), fmt::join(shape, ",")));
  }
  return nothing;
}

std::shared_ptr<const LinearKernel> DryRun::kernel(const std::string& layer, const Tensor& weight, const Tensor&) {
  std::string name = scale_of(layer + ".weight");
  if (!has(name) || !asked_.insert(name).second) return nullptr;
  const std::vector<int64_t>& shape = checkpoint_->entry(name).shape;
  if (!fits_rows(shape, weight.size(0)))
    misshapen_.push_back(fmt::format("{} is [{}] instead of one number, or one a row", name, fmt::join(shape, ",")));
  return nullptr;
}

void DryRun::finish(const std::set<std::string>& ignored) const {
  std::vector<std::string> extra;
  for (const std::string& name : checkpoint_->names())
    if (!asked_.contains(name) && !ignored.contains(name) && !is_fp8_hint(name)) extra.push_back(name);
  if (missing_.empty() && misshapen_.empty() && extra.empty()) return;
  throw base::Error("{}: its parameters are not those of this model{}{}{}", checkpoint_->path(), list(missing_, "missing"),
                    list(misshapen_, "of another shape"), list(extra, "unknown"));
}

}  // namespace zoetrope::tensor
