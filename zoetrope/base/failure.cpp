#include "zoetrope/base/failure.h"

#include <filesystem>

#include <c10/util/Exception.h>

#include "zoetrope/base/error.h"

namespace zoetrope::base {
namespace {

constexpr const char* no_memory = "there was not enough memory for this; ask for less (a smaller size, fewer frames)";

}  // namespace

Failure failure_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Cancelled& e) {
    return {"cancelled", e.what()};
  } catch (const InvalidRequest& e) {
    return {"invalid_request", e.what(), e.field()};
  } catch (const UsageError& e) {
    return {"invalid_request", e.what()};
  } catch (const c10::OutOfMemoryError&) {
    return {"out_of_memory", no_memory};
  } catch (const c10::Error& e) {
    const std::string reason = e.what_without_backtrace();
    if (reason.find("allocate memory") != std::string::npos) return {"out_of_memory", no_memory};
    return {"server_error", reason.substr(0, reason.find('\n'))};
  } catch (const std::bad_alloc&) {
    return {"out_of_memory", no_memory};
  } catch (const std::filesystem::filesystem_error& e) {
    return {"server_error", fmt::format("{}: {}", e.path1().filename().string(), e.code().message())};
  } catch (const std::exception& e) {
    return {"server_error", e.what()};
  } catch (...) {
    return {"server_error", "an unknown error ended it"};
  }
}

}  // namespace zoetrope::base
