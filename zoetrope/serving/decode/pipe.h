#pragma once
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "zoetrope/base/error.h"

namespace zoetrope::serving {

/// A descriptor that is closed at the end.
struct Descriptor {
  explicit Descriptor(int number = -1) : number(number) {}
  Descriptor(Descriptor&& other) noexcept : number(std::exchange(other.number, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() { close(); }
  void close() {
    if (number >= 0) ::close(std::exchange(number, -1));
  }
  int number;
};

struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw base::Error("a pipe cannot be made: {}", std::strerror(errno));
    reading.number = ends[0], writing.number = ends[1];
  }
  Descriptor reading, writing;
};

/// A packet of a socket with room for descriptors beside its bytes, for sendmsg and recvmsg.
template <size_t descriptors>
struct Packet {
  Packet(void* bytes, size_t size) : part{bytes, size} {
    message.msg_iov = &part, message.msg_iovlen = 1;
    message.msg_control = control, message.msg_controllen = sizeof control;
  }
  Packet(const Packet&) = delete;
  Packet& operator=(const Packet&) = delete;

  iovec part;
  alignas(cmsghdr) char control[CMSG_SPACE(descriptors * sizeof(int))] = {};
  msghdr message = {};
};

}  // namespace zoetrope::serving
