#pragma once
#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace zoetrope::serving::http {

/// A connection to 127.0.0.1 that sends bytes as they are and reads what comes: the tests' own client, which may misbehave.
class Client {
 public:
  explicit Client(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET, address.sin_port = htons(port), address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    is_open_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool is_open() const { return is_open_; }
  /// False where the server no longer reads.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  /// All that comes until `mark`, or until the server ends the connection.
  std::string read_until(std::string_view mark) {
    size_t at;
    while ((at = read_.find(mark)) == read_.npos)
      if (!more()) return std::exchange(read_, {});
    std::string text = read_.substr(0, at + mark.size());
    read_.erase(0, text.size());
    return text;
  }
  std::string read_to_end() {
    while (more()) {
    }
    return std::exchange(read_, {});
  }
  /// An answer with a Content-Length: its head and body.
  std::string read_answer(bool has_body = true) {
    std::string head = read_until("\r\n\r\n");
    constexpr std::string_view name = "Content-Length: ";
    const size_t at = head.find(name);
    const size_t length = !has_body || at == head.npos ? 0 : std::stoul(head.substr(at + name.size()));
    while (read_.size() < length && more()) {
    }
    head += read_.substr(0, length);
    read_.erase(0, length);
    return head;
  }
  std::string ask(std::string_view bytes) {
    send(bytes);
    return read_answer();
  }

 private:
  bool more() {
    char block[65536];
    const ssize_t got = ::recv(socket_, block, sizeof(block), 0);
    if (got > 0) read_.append(block, static_cast<size_t>(got));
    return got > 0;
  }

  int socket_;
  bool is_open_;
  std::string read_;
};

}  // namespace zoetrope::serving::http
