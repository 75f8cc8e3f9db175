// One codec at work on the stores and units of the tests: encode a clip, open it, render from it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sdk/check/context.hpp"
#include "sdk/check/media.hpp"
#include "sdk/check/store.hpp"
#include "sdk/check/test_host.hpp"

namespace holo_check {

// A status with the text that came with it.
struct Outcome {
  holo_status status = HOLO_OK;
  std::string text;
  [[nodiscard]] bool ok() const { return status == HOLO_OK; }
};
std::string status_word(holo_status status);

// Checks what every failing call must do: a known status, the record's code equal to it, a text.
void check_record(const Context& context, holo_status status, const holo_error& error,
                  const std::string& call);
holo_error fresh_error();

// The codec of a context.
class CodecUnderTest {
 public:
  explicit CodecUnderTest(Context& context);
  [[nodiscard]] const holo_codec_descriptor& descriptor() const { return *descriptor_; }
  [[nodiscard]] bool can(std::uint32_t capability) const {
    return (descriptor_->capabilities & capability) != 0;
  }
  [[nodiscard]] Values encode_defaults() const {
    return default_values(descriptor_->params, false);
  }
  [[nodiscard]] Values decode_defaults() const { return default_values(descriptor_->params, true); }
  [[nodiscard]] bool stores(std::int32_t kind) const {
    return (descriptor_->format->kinds & (1u << kind)) != 0;
  }

  // Encodes the whole clip. Fails the test for anything but OK and UNSUPPORTED unless `tolerant`.
  Outcome encode(const Clip& clip, const Values& params, TestHost& host, Store& out,
                 bool tolerant = false);
  Outcome create_encoder(const Clip& clip, const Values& params, TestHost& host, Store& store,
                         const holo_sink* sink, holo_encoder** out);

  [[nodiscard]] const holo_codec_factory& factory() const { return *factory_; }
  Context& context() { return context_; }

 private:
  Context& context_;
  const holo_codec_factory* factory_;
  const holo_codec_descriptor* descriptor_;
};

// An opened store.
class OpenFile {
 public:
  // `params` are the decoder's. status() says whether it opened.
  OpenFile(CodecUnderTest& codec, const Store& store, TestHost& host, const Values& params);
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  [[nodiscard]] const Outcome& outcome() const { return outcome_; }
  [[nodiscard]] holo_decoder* decoder() { return decoder_; }
  void destroy();
  // The whole unit, in a buffer of the right shape; guards are checked after the call.
  Outcome render(std::uint64_t unit, TestUnit& out, std::int32_t components = 0,
                 bool sequential = false);
  // A region of a picture, or rows of a tensor.
  Outcome render_region(std::uint64_t unit, std::int32_t x, std::int32_t y, TestUnit& out);
  Outcome render_rows(std::uint64_t unit, std::uint64_t begin, std::uint64_t count, TestUnit& out);
  // A fresh buffer for the whole of a unit.
  std::unique_ptr<TestUnit> buffer(std::uint64_t unit) const;
  // The whole unit, packed; fails the test if that is not possible or if elements stay unfilled.
  std::vector<std::uint8_t> pixels(std::uint64_t unit, std::int32_t components = 0,
                                   bool sequential = false);

 private:
  Outcome call(holo_render_request& request, TestUnit& out);
  CodecUnderTest& codec_;
  const Store& store_;
  StoreSource source_;
  holo_decoder* decoder_ = nullptr;
  Outcome outcome_;
  holo_exec exec_;
};

// Runs `try_clip` over the clips of every kind that the codec stores, encoded at their defaults;
// clips that the codec declines with UNSUPPORTED count as skipped parts.
void for_each_encoded(CodecUnderTest& codec, std::size_t most_per_kind,
                      const std::function<void(const Clip&, const Store&, TestHost&)>& try_clip);
constexpr std::int32_t kAllKinds[] = {HOLO_PICTURE, HOLO_FRAME, HOLO_TENSOR, HOLO_KV};

// Threads of this process, and bytes that its heap has handed out.
std::size_t thread_count();
std::uint64_t heap_bytes();

}  // namespace holo_check
