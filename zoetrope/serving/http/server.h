#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "zoetrope/serving/http/message.h"

namespace zoetrope::serving::http {

/// What a server lets in, and how long it waits. Beyond a limit the client is told so: 413 (too large), 408 (too slow), 431 (too large a
/// head), 503 (too many connections).
struct Limits {
  int64_t head_bytes = 32 << 10;
  int64_t body_bytes = int64_t{64} << 20;  // that is held in memory: JSON, the fields of a form
  int64_t form_bytes = int64_t{2} << 30;   // of a form with its files, which are written to the disk as they come
  int64_t connections = 1024;
  std::chrono::milliseconds head_time{10'000};  // from its first byte to the end of a request's head
  std::chrono::milliseconds body_time{30'000};  // for each 64 KiB of a body, and for each 256 KiB of an answer
  std::chrono::milliseconds idle_time{75'000};  // between two requests
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 0;                   // 0: any that is free
  std::filesystem::path uploads = {};  // where files in forms go
  Limits limits = {};
  int threads = 2;        // that read and write
  int quick_threads = 2;  // that compute answers
  int slow_threads = 2;   // that compute those that take a while
};

/// An HTTP/1.1 server: keep-alive, forms whose files go straight to the disk, files and parts of them, answers that come piece by piece.
/// Many connections share a few threads. It serves from construction to destruction.
class Server {
 public:
  /// An error says what address cannot be listened to, and why. The service must outlive it.
  Server(const ServerOptions& options, Service& service);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  uint16_t port() const;
  /// How many connections are open.
  int64_t connections() const;
  /// Takes no new connections, ends those that are idle and streams, and waits up to `grace` for the others; then they are cut.
  void stop(std::chrono::milliseconds grace);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace zoetrope::serving::http
