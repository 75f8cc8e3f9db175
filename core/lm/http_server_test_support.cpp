#include "core/lm/http_server_test_support.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>

namespace holo::lm::test {
namespace {

void send_all(int connection, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t count = send(connection, text.data() + at, text.size() - at, MSG_NOSIGNAL);
    if (count <= 0) return;
    at += static_cast<std::size_t>(count);
  }
}

// The request up to its empty line.
std::string receive(int connection) {
  std::string request;
  char piece[4096];
  while (request.find("\r\n\r\n") == std::string::npos && request.size() < 65536) {
    const ssize_t count = recv(connection, piece, sizeof piece, 0);
    if (count <= 0) break;
    request.append(piece, static_cast<std::size_t>(count));
  }
  return request;
}

}  // namespace

HttpServer::HttpServer(std::map<std::string, ServedFile> files) : files_(std::move(files)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(listener_ >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), length) == 0);
  REQUIRE(listen(listener_, 8) == 0);
  REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

HttpServer::~HttpServer() {
  stop_ = true;
  thread_.join();
  close(listener_);
}

std::vector<std::string> HttpServer::requests() {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void HttpServer::serve() {
  while (!stop_) {
    pollfd ready{listener_, POLLIN, 0};
    if (poll(&ready, 1, 20) <= 0) continue;
    const int connection = accept(listener_, nullptr, nullptr);
    if (connection < 0) continue;
    answer(connection);
    close(connection);
  }
}

void HttpServer::answer(int connection) {
  const std::string request = receive(connection);
  const std::size_t path_end = request.find(' ', 4);
  if (path_end == std::string::npos) return;
  const std::string path = request.substr(4, path_end - 4);
  const std::size_t range = request.find("Range: bytes=");
  const std::size_t from =
      range == std::string::npos ? 0 : std::strtoull(request.c_str() + range + 13, nullptr, 10);
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back("GET " + path + (from > 0 ? " from " + std::to_string(from) : ""));
  }
  const auto found = files_.find(path);
  if (found == files_.end()) {
    return send_all(connection,
                    "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n"
                    "Connection: close\r\n\r\ngone");
  }
  ServedFile& file = found->second;
  std::string head = "Connection: close\r\n";
  if (!file.sha256.empty()) {
    head += "X-Linked-Etag: \"" + file.sha256 +
            "\"\r\nX-Linked-Size: " + std::to_string(file.body.size()) + "\r\n";
  }
  if (!file.redirect.empty()) {
    return send_all(connection, "HTTP/1.1 302 Found\r\nLocation: " + file.redirect +
                                    "\r\nContent-Length: 0\r\n" + head + "\r\n");
  }
  const bool partial = from > 0 && file.ranges;
  if (partial && from >= file.body.size()) {
    return send_all(connection, "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 4\r\n" +
                                    head + "\r\nnone");
  }
  std::string body = partial ? file.body.substr(from) : file.body;
  const std::string total = std::to_string(file.body.size());
  head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  if (partial) {
    head += "Content-Range: bytes " + std::to_string(from) + "-" +
            std::to_string(file.body.size() - 1) + "/" + total + "\r\n";
  }
  if (file.cut_after > 0) {
    body.resize(std::min(body.size(), file.cut_after));
    file.cut_after = 0;
  }
  send_all(connection, std::string("HTTP/1.1 ") + (partial ? "206 Partial Content" : "200 OK") +
                           "\r\n" + head + "\r\n" + body);
}

}  // namespace holo::lm::test
