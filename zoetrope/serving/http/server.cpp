// Boost.Beast is slow to compile: it is included in this file alone. Before Boost 1.77 Asio knows no coroutines with Clang unless told.
#if defined(__clang__) && defined(__cpp_impl_coroutine)
#define BOOST_ASIO_HAS_CO_AWAIT 1
#define BOOST_ASIO_HAS_STD_COROUTINE 1
#endif
#include "zoetrope/serving/http/server.h"

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <condition_variable>
#include <ctime>
#include <fcntl.h>
#include <limits>
#include <mutex>
#include <set>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "zoetrope/base/error.h"
#include "zoetrope/serving/http/byte_range.h"
#include "zoetrope/serving/http/form.h"
#include "zoetrope/serving/http/url.h"

namespace zoetrope::serving::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Parser = beast::http::request_parser<beast::http::buffer_body>;

constexpr size_t read_block = 64 << 10, write_block = 256 << 10;

/// Runs `work` on a thread of a pool while the coroutine waits. `work` does not throw.
template <class Work>
asio::awaitable<void> run_on(asio::thread_pool& pool, Work work) {
  return asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
      [&pool](auto handler, Work task) {
        asio::post(pool, [handler = std::move(handler), task = std::move(task)]() mutable {
          task();
          auto executor = asio::get_associated_executor(handler);
          asio::post(executor, std::move(handler));
        });
      },
      asio::use_awaitable, std::move(work));
}

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 64> text;
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

/// An open file that is sent.
struct SentFile {
  int descriptor = -1;
  int64_t size = 0;
  std::string etag;

  explicit SentFile(const std::filesystem::path& path) : descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat status {};
    if (descriptor < 0 || ::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return;
    size = status.st_size;
    etag = fmt::format("\"{:x}-{:x}-{:x}\"", status.st_ino, size, status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec);
  }
  ~SentFile() {
    if (descriptor >= 0) ::close(descriptor);
  }
  SentFile(const SentFile&) = delete;
  SentFile& operator=(const SentFile&) = delete;
};

/// What several connections share.
struct Shared {
  Shared(const ServerOptions& options, Service& service)
      : options(options),
        service(service),
        quick(static_cast<size_t>(options.quick_threads)),
        slow(static_cast<size_t>(options.slow_threads)) {}

  ServerOptions options;
  Service& service;
  asio::thread_pool quick, slow;
  std::atomic<bool> closing = false;
  std::atomic<int64_t> open = 0;
};

/// One connection, from its first request to its last. Everything but answers runs on one thread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Shared& shared) : socket_(std::move(socket)), shared_(shared), timer_(socket_.get_executor()) {}

  asio::awaitable<void> serve();
  /// On its own thread: ends it if it waits for a request, or at once.
  void close_idle() {
    if (is_idle_) cancel();
  }
  void cut() {
    error_code ignored;
    is_cut_ = true;
    socket_.close(ignored);
  }
  auto executor() { return socket_.get_executor(); }

 private:
  using Milliseconds = std::chrono::milliseconds;

  /// From now on the socket's operations end after that time, with `timed_out_`.
  void limit(Milliseconds time);
  void cancel() {
    error_code ignored;
    socket_.cancel(ignored);
  }
  asio::awaitable<bool> read_head(Parser& parser);
  /// The request of a head; nothing where its target is malformed.
  std::optional<Request> request_of(const Parser& parser) const;
  asio::awaitable<std::optional<Response>> read_body(Parser& parser, Request& request);
  asio::awaitable<void> answer(Request& request, bool is_slow, Response& response);
  asio::awaitable<void> send(const Request& request, Response& response);
  asio::awaitable<void> send_file(const Request& request, Response& response);
  asio::awaitable<void> send_stream(const Response& response);
  asio::awaitable<bool> write(std::string_view head, std::string_view body = {});
  asio::awaitable<void> pause(Milliseconds time);
  /// Reads what the client still sends, for a while, so that it reads the answer.
  asio::awaitable<void> drain();
  std::string head_of(const Response& response, std::optional<int64_t> length) const;
  /// Whether the client has left, as far as one can tell without reading.
  bool is_gone();
  Response refusal(int status, const std::string& sentence) {
    keep_ = false;
    return shared_.service.refuse(status, sentence);
  }

  tcp::socket socket_;
  Shared& shared_;
  asio::steady_timer timer_;
  beast::flat_buffer buffer_;
  bool timed_out_ = false, is_idle_ = false, is_cut_ = false, keep_ = true;
  bool is_http_1_0_ = false, is_head_ = false, rest_unread_ = false;
  int status_ = 0;
  int64_t sent_ = 0;
};

void Connection::limit(Milliseconds time) {
  timed_out_ = false;
  timer_.expires_after(time);
  timer_.async_wait([self = weak_from_this()](error_code ended) {
    auto connection = self.lock();
    if (ended || !connection || connection->timer_.expiry() > Clock::now()) return;
    connection->timed_out_ = true;
    connection->cancel();
  });
}

asio::awaitable<void> Connection::pause(Milliseconds time) {
  timer_.cancel();
  asio::steady_timer timer(executor(), time);
  error_code ended;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ended));
}

bool Connection::is_gone() {
  char byte = 0;
  const ssize_t read = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return is_cut_ || read == 0 || (read < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

/// Reads the head of the next request; false where the connection ends without one, or with a refusal.
asio::awaitable<bool> Connection::read_head(Parser& parser) {
  error_code error;
  if (buffer_.size() == 0) {
    is_idle_ = true;
    limit(shared_.options.limits.idle_time);
    co_await socket_.async_wait(tcp::socket::wait_read, asio::redirect_error(asio::use_awaitable, error));
    is_idle_ = false;
    if (error) co_return false;
  }
  limit(shared_.options.limits.head_time);
  co_await beast::http::async_read_header(socket_, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
  if (!error) co_return true;
  if (error == beast::http::error::end_of_stream || is_cut_) co_return false;
  Response response;
  if (timed_out_)
    response = refusal(408, fmt::format("the request was not complete after {} s",
                                        std::chrono::duration<double>(shared_.options.limits.head_time).count()));
  else if (error == beast::http::error::header_limit || error == beast::http::error::buffer_overflow)
    response = refusal(431, fmt::format("the head of the request has more than {} bytes", shared_.options.limits.head_bytes));
  else if (error.category() == beast::http::make_error_code(beast::http::error::bad_target).category())
    response = refusal(400, fmt::format("this is no request of HTTP/1.1: {}", error.message()));
  else
    co_return false;  // the connection is broken
  rest_unread_ = true;
  Request unknown;
  co_await send(unknown, response);
  co_return false;
}

std::optional<Request> Connection::request_of(const Parser& parser) const {
  const auto& head = parser.get();
  Request request;
  request.method = std::string(head.method_string());
  for (const auto& field : head) request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  auto target = parse_target(std::string_view(head.target().data(), head.target().size()));
  if (!target) return std::nullopt;
  request.path = std::move(target->path), request.segments = std::move(target->segments), request.query = std::move(target->query);
  return request;
}

/// Reads the body into the request; an answer where it is refused.
asio::awaitable<std::optional<Response>> Connection::read_body(Parser& parser, Request& request) {
  const Limits& limits = shared_.options.limits;
  const bool is_form = request.content_type() == "multipart/form-data";
  const int64_t most = is_form ? limits.form_bytes : limits.body_bytes;
  const std::string too_large = fmt::format("the body of the request has more than {} bytes", most);
  if (auto length = parser.content_length(); length && *length > static_cast<uint64_t>(most)) co_return refusal(413, too_large);
  if (request.header("expect") == "100-continue")
    if (!co_await write("HTTP/1.1 100 Continue\r\n\r\n")) co_return refusal(400, "the connection ended");

  std::unique_ptr<FormReader> form;
  std::string wrong;     // why the body is refused
  bool is_ours = false;  // whether that is not the client's fault
  auto guarded = [&](auto&& work) {
    try {
      work();
    } catch (const base::UsageError& error) {
      wrong = error.what();
    } catch (const std::exception& error) {
      wrong = error.what(), is_ours = true;
    }
  };
  if (is_form)
    guarded([&] {
      form = std::make_unique<FormReader>(std::string(request.header("content-type")), shared_.options.uploads, limits.body_bytes);
    });
  std::vector<char> block(read_block);
  int64_t received = 0;
  while (wrong.empty() && !parser.is_done()) {
    auto& body = parser.get().body();
    body.data = block.data(), body.size = block.size(), body.more = true;
    limit(limits.body_time);
    error_code error;
    co_await beast::http::async_read(socket_, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
    if (error == beast::http::error::need_buffer) error = {};
    if (error && timed_out_)
      co_return refusal(408, fmt::format("the body of the request came too slowly: less than {} bytes in {} s", read_block,
                                         std::chrono::duration<double>(limits.body_time).count()));
    if (error) co_return refusal(400, fmt::format("the body of the request cannot be read: {}", error.message()));
    const std::string_view bytes(block.data(), block.size() - parser.get().body().size);
    received += static_cast<int64_t>(bytes.size());
    if (received > most) co_return refusal(413, too_large);
    if (form) {  // written to the disk beside this thread
      auto work = [&] { guarded([&] { form->write(bytes); }); };
      co_await run_on(shared_.quick, work);
    } else {
      request.body.append(bytes);
    }
  }
  if (form && wrong.empty()) {
    auto work = [&] { guarded([&] { request.parts = form->finish(); }); };
    co_await run_on(shared_.quick, work);
  }
  if (!wrong.empty()) co_return refusal(is_ours ? 500 : 400, wrong);
  co_return std::nullopt;
}

/// Computes the answer on a pool, and waits for one that comes later.
asio::awaitable<void> Connection::answer(Request& request, bool is_slow, Response& response) {
  asio::thread_pool& pool = is_slow ? shared_.slow : shared_.quick;
  auto first = [&] { response = shared_.service.answer(request); };
  co_await run_on(pool, first);
  while (response.later) {
    const std::shared_ptr<const Later> later = response.later;
    std::optional<Response> found;
    auto ask = [&] { found = later->ask(); };
    co_await run_on(shared_.quick, ask);
    if (found) {
      response = std::move(*found);
    } else if (is_gone()) {
      auto tell = [&] { later->gone(); };
      co_await run_on(shared_.quick, tell);
      response = refusal(499, "the client left");  // nobody reads it
    } else if (shared_.closing) {
      response = refusal(503, "the server is shutting down; the work goes on when it starts again");
      response.headers.emplace_back("x-should-retry", "false");  // as OpenAI's clients read it: what is asked for is under way
    } else {
      co_await pause(later->pause);
    }
  }
}

std::string Connection::head_of(const Response& response, std::optional<int64_t> length) const {
  const auto reason = beast::http::obsolete_reason(static_cast<beast::http::status>(response.status));
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\nX-Content-Type-Options: nosniff\r\n", response.status,
                                 std::string_view(reason.data(), reason.size()), http_date());
  auto add = [&](std::string_view name, std::string_view value) {
    if (value.find_first_of("\r\n") == value.npos) head += fmt::format("{}: {}\r\n", name, value);
  };
  if (!response.content_type.empty()) add("Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) add(name, value);
  if (length) add("Content-Length", std::to_string(*length));
  if (!length && !is_http_1_0_) add("Transfer-Encoding", "chunked");
  if (!keep_) add("Connection", "close");
  if (keep_ && is_http_1_0_) add("Connection", "keep-alive");
  return head + "\r\n";
}

/// False where the client no longer reads.
asio::awaitable<bool> Connection::write(std::string_view head, std::string_view body) {
  limit(shared_.options.limits.body_time);
  error_code error;
  const std::array<asio::const_buffer, 2> buffers{asio::buffer(head.data(), head.size()), asio::buffer(body.data(), body.size())};
  co_await asio::async_write(socket_, buffers, asio::redirect_error(asio::use_awaitable, error));
  timer_.cancel();
  if (error) keep_ = false;
  co_return !error;
}

asio::awaitable<void> Connection::send_file(const Request& request, Response& response) {
  SentFile file(response.file);
  if (file.etag.empty()) {
    response = shared_.service.refuse(404, "the file is no longer there");
    co_await send(request, response);
    co_return;
  }
  response.headers.emplace_back("ETag", file.etag);
  response.headers.emplace_back("Accept-Ranges", "bytes");
  if (request.header("if-none-match") == file.etag) {
    response.status = 304, status_ = 304;
    const std::string head = head_of(response, file.size);
    co_await write(head);
    co_return;
  }
  ByteRange part{0, file.size};
  const std::string_view unless_changed = request.header("if-range");
  if (response.status == 200 && (unless_changed.empty() || unless_changed == file.etag)) {
    const RangeAnswer asked = parse_range(request.header("range"), file.size);
    if (asked.is_beyond) {
      response = shared_.service.refuse(416, fmt::format("the file has {} bytes", file.size));
      response.headers.emplace_back("Content-Range", fmt::format("bytes */{}", file.size));
      co_await send(request, response);
      co_return;
    }
    if (asked.range) {
      part = *asked.range;
      response.status = 206, status_ = 206;
      response.headers.emplace_back("Content-Range", fmt::format("bytes {}-{}/{}", part.begin, part.end - 1, file.size));
    }
  }
  std::string head = head_of(response, part.end - part.begin);
  if (is_head_) {
    co_await write(head);
    co_return;
  }
  std::vector<char> block(static_cast<size_t>(std::min<int64_t>(write_block, std::max<int64_t>(1, part.end - part.begin))));
  do {
    const auto wanted = static_cast<size_t>(std::min<int64_t>(static_cast<int64_t>(block.size()), part.end - part.begin));
    const ssize_t read = wanted == 0 ? 0 : ::pread(file.descriptor, block.data(), wanted, part.begin);
    if (read < 0 || (read == 0 && wanted > 0)) {  // the file has shrunk: the answer cannot be completed
      keep_ = false;
      co_return;
    }
    if (!co_await write(head, std::string_view(block.data(), static_cast<size_t>(read)))) co_return;
    head.clear();
    part.begin += read, sent_ += read;
  } while (part.begin < part.end);
}

asio::awaitable<void> Connection::send_stream(const Response& response) {
  if (is_http_1_0_) keep_ = false;
  const std::string head = head_of(response, std::nullopt);
  if (!co_await write(head) || is_head_) co_return;
  const std::shared_ptr<const Stream> stream = response.stream;
  for (;;) {
    std::optional<std::string> bytes;
    auto ask = [&] { bytes = stream->next(); };
    co_await run_on(shared_.quick, ask);
    if (bytes && !bytes->empty()) {
      std::string chunk = is_http_1_0_ ? *bytes : fmt::format("{:x}\r\n{}\r\n", bytes->size(), *bytes);
      if (!co_await write(chunk)) co_return;
      sent_ += static_cast<int64_t>(bytes->size());
    }
    if (!bytes || shared_.closing) break;
    if (is_gone()) {
      keep_ = false;
      co_return;
    }
    co_await pause(stream->pause);
  }
  if (!is_http_1_0_) co_await write("0\r\n\r\n");
}

asio::awaitable<void> Connection::send(const Request& request, Response& response) {
  status_ = response.status;
  if (shared_.closing) keep_ = false;
  if (!response.file.empty()) {
    co_await send_file(request, response);
  } else if (response.stream) {
    co_await send_stream(response);
  } else {
    const std::string head = head_of(response, static_cast<int64_t>(response.body.size()));
    const bool is_sent = co_await write(head, is_head_ ? std::string_view() : std::string_view(response.body));
    if (is_sent && !is_head_) sent_ = static_cast<int64_t>(response.body.size());
  }
  if (rest_unread_) co_await drain();
}

asio::awaitable<void> Connection::drain() {
  constexpr int64_t most = int64_t{256} << 20;
  error_code error;
  socket_.shutdown(tcp::socket::shutdown_send, error);
  limit(std::chrono::seconds(5));
  std::vector<char> block(read_block);
  for (int64_t read = 0; !error && read < most;)
    read += static_cast<int64_t>(co_await socket_.async_read_some(asio::buffer(block), asio::redirect_error(asio::use_awaitable, error)));
}

asio::awaitable<void> Connection::serve() {
  const auto self = shared_from_this();
  const Limits& limits = shared_.options.limits;
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  if (shared_.open > limits.connections) {
    Request unknown;
    Response response = refusal(503, fmt::format("the server has {} connections and takes no more", limits.connections));
    co_await send(unknown, response);
    co_return;
  }
  while (keep_ && !is_cut_ && !shared_.closing) {
    Parser parser;
    parser.header_limit(static_cast<uint32_t>(limits.head_bytes));
    parser.body_limit(std::numeric_limits<uint64_t>::max());  // `read_body` has one of its own
    rest_unread_ = is_head_ = false, sent_ = 0;
    if (!co_await read_head(parser)) break;
    const Clock::time_point begun = Clock::now();
    is_http_1_0_ = parser.get().version() < 11;
    is_head_ = parser.get().method() == beast::http::verb::head;
    keep_ = parser.keep_alive();
    std::optional<Request> request = request_of(parser);
    Response response;
    if (!request) {
      request.emplace();
      response = refusal(400, "the request has no path, or one that cannot be decoded");
    } else {
      Service::Admission admission = shared_.service.admit(*request);
      if (admission.refusal) {
        response = std::move(*admission.refusal);
        if (!parser.is_done()) keep_ = false;  // the body is not read
      } else if (std::optional<Response> refused = co_await read_body(parser, *request)) {
        response = std::move(*refused);
      } else {
        timer_.cancel();
        co_await answer(*request, admission.is_slow, response);
      }
    }
    rest_unread_ = !keep_ && !parser.is_done();
    co_await send(*request, response);
    shared_.service.answered({*request, status_, std::chrono::duration<double>(Clock::now() - begun).count(), sent_});
  }
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
}

}  // namespace

struct Server::Implementation {
  Implementation(const ServerOptions& options, Service& service) : shared(options, service) {
    for (int i = 0; i < options.threads; ++i) contexts.push_back(std::make_unique<asio::io_context>(1));
    acceptor.emplace(*contexts.front());
    listen();
    asio::co_spawn(*contexts.front(), accept(), asio::detached);
    for (auto& context : contexts) {
      guards.emplace_back(context->get_executor());
      threads.emplace_back([&context = *context] { context.run(); });
    }
  }

  ~Implementation() {
    stop(std::chrono::milliseconds(0));
    shared.quick.join();
    shared.slow.join();
    guards.clear();
    for (std::thread& thread : threads) thread.join();
  }

  void listen() {
    const ServerOptions& options = shared.options;
    error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error) throw base::UsageError("'{}' is no address to listen to; give one like 127.0.0.1 or ::1", options.address);
    const tcp::endpoint endpoint(address, options.port);
    acceptor->open(endpoint.protocol(), error);
    if (!error) acceptor->set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor->bind(endpoint, error);
    if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
    if (error) throw base::Error("{} port {} cannot be listened to: {}", options.address, options.port, error.message());
    ::fcntl(acceptor->native_handle(), F_SETFD, FD_CLOEXEC);
    port = acceptor->local_endpoint().port();
  }

  asio::awaitable<void> accept() {
    for (size_t i = 0; !shared.closing; ++i) {
      asio::io_context& context = *contexts[i % contexts.size()];
      tcp::socket socket(context);
      error_code error;
      co_await acceptor->async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted) co_return;
      if (error) {  // too many open files: the next try may find some closed
        asio::steady_timer timer(*contexts.front(), std::chrono::milliseconds(50));
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
        continue;
      }
      ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
      auto connection = std::make_shared<Connection>(std::move(socket), shared);
      {
        std::lock_guard lock(mutex);
        connections.insert(connection);
        ++shared.open;
      }
      asio::co_spawn(context, serve(connection), asio::detached);
    }
  }

  asio::awaitable<void> serve(std::shared_ptr<Connection> connection) {
    try {
      co_await connection->serve();
    } catch (const std::exception&) {  // memory, or a thread's end: this connection alone is lost
    }
    connection->cut();
    std::lock_guard lock(mutex);
    connections.erase(connection);
    --shared.open;
    changed.notify_all();
  }

  void stop(std::chrono::milliseconds grace) {
    shared.closing = true;
    asio::post(*contexts.front(), [this] {
      error_code ignored;
      acceptor->close(ignored);
    });
    std::unique_lock lock(mutex);
    for (auto& connection : connections) asio::post(connection->executor(), [connection] { connection->close_idle(); });
    changed.wait_for(lock, grace, [&] { return connections.empty(); });
    for (auto& connection : connections) asio::post(connection->executor(), [connection] { connection->cut(); });
    changed.wait(lock, [&] { return connections.empty(); });
  }

  Shared shared;
  std::vector<std::unique_ptr<asio::io_context>> contexts;  // each with a thread of its own
  std::optional<tcp::acceptor> acceptor;
  uint16_t port = 0;
  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::shared_ptr<Connection>> connections;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> guards;
  std::vector<std::thread> threads;
};

Server::Server(const ServerOptions& options, Service& service) : implementation_(std::make_unique<Implementation>(options, service)) {}
Server::~Server() = default;
uint16_t Server::port() const { return implementation_->port; }
int64_t Server::connections() const { return implementation_->shared.open; }
void Server::stop(std::chrono::milliseconds grace) { implementation_->stop(grace); }

}  // namespace zoetrope::serving::http
