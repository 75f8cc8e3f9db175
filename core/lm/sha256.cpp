#include "core/lm/sha256.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "core/base/file.hpp"

namespace holo::lm {

Result<std::string> file_sha256(const std::string& path, const std::function<bool()>& stop) {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  HOLO_ASSIGN(const auto reader, open_reader(path));
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  const Error failed = make_error(HOLO_INTERNAL, "libcrypto cannot compute SHA-256");
  if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) return failed;
  std::vector<std::uint8_t> piece(kPiece);
  for (std::uint64_t at = 0; at < reader->size();) {
    if (stop && stop()) return make_error(HOLO_CANCELLED, "checking '" + path + "' was cancelled");
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, reader->size() - at));
    HOLO_TRY(reader->read_at(at, std::span(piece.data(), count)));
    if (EVP_DigestUpdate(context.get(), piece.data(), count) != 1) return failed;
    at += count;
  }
  std::vector<std::uint8_t> digest(EVP_MAX_MD_SIZE);
  unsigned length = 0;
  if (EVP_DigestFinal_ex(context.get(), digest.data(), &length) != 1) return failed;
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < length; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

}  // namespace holo::lm
