#include "zoetrope/serving/http/server.h"

#include <atomic>
#include <gmock/gmock.h>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "tests/complaint.h"
#include "tests/serving/http/client.h"
#include "tests/temporary_folder.h"
#include "zoetrope/base/error.h"
#include "zoetrope/base/files.h"
#include "zoetrope/base/hash.h"

namespace zoetrope::serving::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

/// Answers by the path.
class Paths : public Service {
 public:
  explicit Paths(std::filesystem::path folder = {}) : folder(std::move(folder)) {}

  Admission admit(Request& request) override {
    if (request.path == "/closed") return {refuse(401, "no key")};
    return {{}, request.path == "/slow"};
  }
  Response answer(Request& request) noexcept override {
    if (request.path == "/file") return {.content_type = "video/mp4", .file = folder / "file"};
    if (request.path == "/gone") return {.file = folder / "missing"};
    if (request.path == "/slow") {
      ++slow;
      std::this_thread::sleep_for(300ms);
      return {.body = "slow"};
    }
    if (request.path == "/stream") return {.stream = std::make_shared<Stream>(Stream{count(3), 1ms})};
    if (request.path == "/endless") return {.stream = std::make_shared<Stream>(Stream{count(1 << 30), 1ms})};
    if (request.path == "/later") return {.later = std::make_shared<Later>(Later{three_times(), [this] { ++gone; }, 1ms})};
    if (request.path == "/never")
      return {.later = std::make_shared<Later>(Later{[] { return std::optional<Response>(); }, [this] { ++gone; }, 1ms})};
    std::string told = request.method + " " + request.path + " " + request.body;
    for (const Part& part : request.parts)
      told += part.file ? fmt::format("[{} {} {} {}]", part.name, part.file->name, part.file->bytes, part.file->file.filename().string())
                        : fmt::format("[{}={}]", part.name, part.text);
    return {.content_type = "text/plain", .body = told};
  }
  Response refuse(int status, const std::string& sentence) override { return {.status = status, .body = sentence}; }
  void answered(const Exchange& exchange) override {
    std::lock_guard lock(mutex);
    log.push_back(fmt::format("{} {} {}", exchange.request.path, exchange.status, exchange.bytes));
  }

  static std::function<std::optional<std::string>()> count(int end) {
    return [i = 0, end]() mutable { return i == end ? std::nullopt : std::optional(fmt::format("data: {}\n\n", i++)); };
  }
  static std::function<std::optional<Response>()> three_times() {
    return [i = 0]() mutable { return ++i == 3 ? std::optional(Response{.body = "at last"}) : std::nullopt; };
  }

  std::filesystem::path folder;
  std::atomic<int> slow = 0, gone = 0;
  std::mutex mutex;
  std::vector<std::string> log;
};

/// A server whose limits are small, so that tests are quick.
struct Running {
  Running() : server(options(), service) {}
  ServerOptions options() {
    ServerOptions o;
    o.uploads = folder / "uploads";
    o.limits = {.head_bytes = 4096,
                .body_bytes = 100'000,
                .form_bytes = 3'000'000,
                .connections = 300,
                .head_time = 300ms,
                .body_time = 300ms,
                .idle_time = 5s};
    return o;
  }
  TemporaryFolder folder;
  Paths service{folder.path};
  Server server;
};

std::string get(const std::string& target, const std::string& headers = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
}
std::string post(const std::string& target, const std::string& body, const std::string& headers = "") {
  return "POST " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + fmt::format("Content-Length: {}\r\n\r\n", body.size()) + body;
}

TEST(Server, AnswersManyRequestsOnOneConnection) {
  Running r;
  Client client(r.server.port());
  for (int i = 0; i < 3; ++i) EXPECT_THAT(client.ask(get(fmt::format("/a%20{}?x=y", i))), HasSubstr(fmt::format("\r\n\r\nGET /a {} ", i)));
  EXPECT_THAT(client.ask(post("/b", "a body")), HasSubstr("POST /b a body"));
  EXPECT_THAT(client.ask(get("/closed")), StartsWith("HTTP/1.1 401 Unauthorized\r\n"));
  EXPECT_THAT(client.ask("POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
              HasSubstr("POST /c abcde"));
  EXPECT_THAT(client.ask(get("/d") + get("/e")), HasSubstr("GET /d"));
  EXPECT_THAT(client.read_answer(), HasSubstr("GET /e"));
  client.send("HEAD /f HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.read_answer(false), HasSubstr("Content-Length: 8\r\n"));
  EXPECT_THAT(client.ask(get("/g", "Connection: close\r\n")), HasSubstr("Connection: close"));
  EXPECT_EQ(client.read_to_end(), "");
  std::lock_guard lock(r.service.mutex);
  EXPECT_EQ(r.service.log.front(), "/a 0 200 9");
}

TEST(Server, AFormGoesToTheDisk) {
  Running r;
  std::string bytes(2'500'000, 'x');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * i >> 7);
  const std::string body =
      "--b\r\nContent-Disposition: form-data; name=prompt\r\n\r\na cat\r\n--b\r\nContent-Disposition: form-data; name=image; "
      "filename=\"../../Cat.PNG\"\r\n\r\n" +
      bytes + "\r\n--b--";
  Client client(r.server.port());
  const std::string name = base::sha256(bytes) + ".png";
  EXPECT_THAT(client.ask(post("/", body, "Content-Type: multipart/form-data; boundary=b\r\n")),
              HasSubstr(fmt::format("[prompt=a cat][image ../../Cat.PNG 2500000 {}]", name)));
  EXPECT_EQ(base::read_file(r.folder / "uploads" / name), bytes);
  const std::string cut = body.substr(0, 1'000'000);
  EXPECT_THAT(client.ask(post("/", cut, "Content-Type: multipart/form-data; boundary=b\r\n")), HasSubstr("cut off"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(r.folder / "uploads"), {}), 1) << "nothing of it stays";
}

TEST(Server, RefusesWhatIsTooLarge) {
  Running r;
  auto answer = [&](const std::string& bytes) { return Client(r.server.port()).ask(bytes); };
  EXPECT_THAT(answer("POST / HTTP/1.1\r\nContent-Length: 100001\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(answer(post("/", std::string(1'000'000, 'x'))), StartsWith("HTTP/1.1 413 ")) << "also to one who sends all of it";
  EXPECT_THAT(answer("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 100001\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(answer("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n186a1\r\n" + std::string(100'001, 'x') + "\r\n0\r\n\r\n"),
              HasSubstr("the body of the request has more than 100000 bytes"));
  EXPECT_THAT(answer(get("/" + std::string(5000, 'x'))), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(answer(post("/", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n" + std::string(200'000, 'x') + "\r\n--b--",
                          "Content-Type: multipart/form-data; boundary=b\r\n")),
              HasSubstr("send media as files"));
  EXPECT_THAT(answer("POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 3000001\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
}

TEST(Server, ContinuesWhereAClientAsks) {
  Running r;
  Client client(r.server.port());
  client.send("POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(client.ask("abc"), HasSubstr("POST /a abc"));
}

TEST(Server, RefusesWhatIsTooSlow) {
  Running r;
  EXPECT_THAT(Client(r.server.port()).ask("GET / HT"), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(Client(r.server.port()).ask("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"), HasSubstr("too slowly"));
}

TEST(Server, RefusesWhatIsNoHttp) {
  Running r;
  for (const char* bytes :
       {"\x16\x03\x01\x02\x00\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/7\r\n\r\n", "GET /%zz HTTP/1.1\r\n\r\n", "GET * HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "GET / HTTP/1.1\r\nbad header\r\n\r\n", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"})
    EXPECT_THAT(Client(r.server.port()).ask(bytes), StartsWith("HTTP/1.1 400 ")) << bytes;
  EXPECT_THAT(Client(r.server.port()).ask(get("/still")), HasSubstr("GET /still"));
}

TEST(Server, SendsFilesAndPartsOfThem) {
  Running r;
  std::string bytes(700'000, ' ');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>('a' + i % 23);
  base::write_file(r.folder / "file", bytes);
  Client client(r.server.port());
  const std::string whole = client.ask(get("/file"));
  EXPECT_TRUE(whole.ends_with("\r\n\r\n" + bytes));
  EXPECT_THAT(whole.substr(0, 400), HasSubstr("Content-Type: video/mp4\r\n"));
  const std::string etag = whole.substr(whole.find("ETag: ") + 6, whole.find("\r\n", whole.find("ETag: ")) - whole.find("ETag: ") - 6);
  const std::string part = client.ask(get("/file", "Range: bytes=10-300009\r\n"));
  EXPECT_THAT(part.substr(0, 500), AllOf(StartsWith("HTTP/1.1 206 "), HasSubstr("Content-Range: bytes 10-300009/700000\r\n")));
  EXPECT_TRUE(part.ends_with("\r\n\r\n" + bytes.substr(10, 300'000)));
  EXPECT_THAT(client.ask(get("/file", "Range: bytes=700000-\r\n")), AllOf(StartsWith("HTTP/1.1 416 "), HasSubstr("bytes */700000")));
  EXPECT_THAT(client.ask(get("/file", "Range: bytes=-2\r\nIf-Range: \"old\"\r\n")), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(client.ask(get("/file", "Range: bytes=-2\r\nIf-Range: " + etag + "\r\n")),
              testing::EndsWith("\r\n\r\n" + bytes.substr(699'998)));
  client.send(get("/file", "If-None-Match: " + etag + "\r\n"));
  EXPECT_THAT(client.read_answer(false), StartsWith("HTTP/1.1 304 "));
  client.send("HEAD /file HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.read_answer(false), HasSubstr("Content-Length: 700000\r\n"));
  EXPECT_THAT(client.ask(get("/gone")), StartsWith("HTTP/1.1 404 "));
  base::write_file(r.folder / "file", "");
  EXPECT_THAT(client.ask(get("/file")), HasSubstr("Content-Length: 0\r\n"));
}

TEST(Server, SendsStreamsAndWhatComesLater) {
  Running r;
  Client client(r.server.port());
  client.send(get("/stream"));
  EXPECT_THAT(client.read_until("\r\n0\r\n\r\n"), HasSubstr("\r\n\r\n9\r\ndata: 0\n\n\r\n9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n"));
  EXPECT_THAT(client.ask(get("/later")), HasSubstr("at last"));
  Client old(r.server.port());
  old.send("GET /stream HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old.read_to_end(), testing::EndsWith("\r\n\r\ndata: 0\n\ndata: 1\n\ndata: 2\n\n"));
  {
    Client leaving(r.server.port());
    leaving.send(get("/never"));
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(r.service.gone, 0);
  }
  for (int i = 0; i < 100 && r.service.gone == 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(r.service.gone, 1) << "a client that leaves is noticed";
}

TEST(Server, QuickAnswersDoNotWaitForSlowOnes) {
  Running r;
  std::vector<std::unique_ptr<Client>> slow;
  for (int i = 0; i < 6; ++i) slow.push_back(std::make_unique<Client>(r.server.port())), slow.back()->send(get("/slow"));
  while (r.service.slow == 0) std::this_thread::sleep_for(1ms);
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_THAT(Client(r.server.port()).ask(get("/quick")), HasSubstr("GET /quick"));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 200ms);
  for (auto& client : slow) EXPECT_THAT(client->read_answer(), HasSubstr("slow"));
}

TEST(Server, HasHundredsOfConnectionsOnTwoThreads) {
  Running r;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 150; ++i) clients.push_back(std::make_unique<Client>(r.server.port()));
  for (int i = 0; i < 150; ++i) clients.push_back(std::make_unique<Client>(r.server.port())), clients.back()->send(get("/endless"));
  for (int round = 0; round < 3; ++round)
    for (int i = 0; i < 150; ++i) EXPECT_THAT(clients[static_cast<size_t>(i)]->ask(get("/a")), HasSubstr("GET /a"));
  for (size_t i = 150; i < 300; ++i) EXPECT_THAT(clients[i]->read_until("data: 5\n"), HasSubstr("data: 4\n"));
  Client one_more(r.server.port());
  EXPECT_THAT(one_more.ask(get("/a")), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("takes no more")));
}

TEST(Server, ShutsDownWithoutCuttingAnswers) {
  Running r;
  Client idle(r.server.port()), busy(r.server.port()), stream(r.server.port()), waiting(r.server.port());
  waiting.send(get("/never"));
  idle.ask(get("/a"));
  busy.send(get("/slow"));
  stream.send(get("/endless"));
  stream.read_until("data: 1\n");
  while (r.service.slow == 0) std::this_thread::sleep_for(1ms);
  r.server.stop(5s);
  EXPECT_EQ(idle.read_to_end(), "");
  EXPECT_THAT(busy.read_to_end(), AllOf(HasSubstr("Connection: close"), testing::EndsWith("slow")));
  EXPECT_THAT(stream.read_to_end(), testing::EndsWith("\r\n0\r\n\r\n"));
  EXPECT_THAT(waiting.read_to_end(), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("x-should-retry: false")));
  EXPECT_FALSE(Client(r.server.port()).is_open());
  EXPECT_EQ(r.server.connections(), 0);
}

TEST(Server, SaysWhyItCannotListen) {
  Running r;
  ServerOptions taken;
  taken.port = r.server.port();
  EXPECT_THAT(complaint([&] { Server(taken, r.service); }),
              AllOf(HasSubstr(std::to_string(taken.port)), HasSubstr("Address already in use")));
  EXPECT_THAT(complaint([&] { Server({.address = "localhost"}, r.service); }), HasSubstr("'localhost' is no address"));
}

}  // namespace
}  // namespace zoetrope::serving::http
