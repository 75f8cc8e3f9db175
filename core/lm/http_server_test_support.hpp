// An HTTP server on 127.0.0.1 for one test: files from memory, ranges, and faults on demand.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace holo::lm::test {

struct ServedFile {
  std::string body;
  std::string sha256;         // sent as X-Linked-Etag if not empty
  std::size_t cut_after = 0;  // the first answer breaks off after so many bytes; 0: never
  bool ranges = true;         // false: answers requests for a range with the whole
  std::string redirect;       // not empty: 302 to there
};

class HttpServer {
 public:
  explicit HttpServer(std::map<std::string, ServedFile> files);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::string base() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // "GET /path", with " from N" where a range was asked for.
  std::vector<std::string> requests();

 private:
  void serve();
  void answer(int connection);

  std::map<std::string, ServedFile> files_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace holo::lm::test
