#pragma once
#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>

#include <fmt/format.h>

namespace zoetrope::test {

/// A PostgreSQL server of the test's own, from the newest installed version, over a socket in a folder of its own. It ends with the test.
class PostgresServer {
 public:
  /// Where Debian's package has its programs; empty if it is not installed.
  static std::filesystem::path programs() {
    std::filesystem::path newest;
    std::error_code none;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none))
      if (std::filesystem::exists(version.path() / "bin" / "initdb")) newest = std::max(newest, version.path() / "bin");
    return newest;
  }

  PostgresServer() {
    char name[] = "/tmp/zoetrope-postgres-XXXXXX";  // short: a socket's path has 107 bytes at most
    folder_ = ::mkdtemp(name);
    if (::geteuid() == 0) {  // the server refuses to be root
      user_ = "postgres";
      run(fmt::format("chown postgres {}", folder_), /*as_user=*/false);
    }
    run(fmt::format("{}/initdb --no-sync --auth=trust --username=postgres -D {}/data", programs().string(), folder_));
    start();
  }
  ~PostgresServer() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  void start() {
    run(fmt::format("{}/pg_ctl -w -D {}/data -l {}/log -o \"-c listen_addresses='' -c unix_socket_directories={} -c fsync=off\" start",
                    programs().string(), folder_, folder_, folder_));
  }
  void stop() { run(fmt::format("{}/pg_ctl -w -m immediate -D {}/data stop", programs().string(), folder_)); }
  std::string url() const { return fmt::format("postgresql:///postgres?host={}&user=postgres", folder_); }

 private:
  void run(const std::string& command, bool as_user = true) const {
    const std::string as = as_user && !user_.empty() ? fmt::format("runuser -u {} -- ", user_) : "";
    if (std::system(fmt::format("cd {} && {}{} > command.log 2>&1", folder_, as, command).c_str()) != 0)
      throw std::runtime_error(fmt::format("failed: {}; see {}/command.log", command, folder_));
  }

  std::string folder_, user_;
};

}  // namespace zoetrope::test
