// Parameters: key, one byte of form, value; the shortest form that reads back to the same value.
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "core/container/header_parts.hpp"
#include "core/container/static_words.hpp"

namespace holo::container {
namespace {

constexpr std::size_t kMaxText = std::size_t{1} << 20;

// First byte of a parameter's value. From kPowerOfTwo on, the byte itself holds an integer.
enum ValueForm : unsigned {
  kFalse = 1,
  kTrue = 2,
  kInteger = 3,      // signed varint
  kWholeNumber = 4,  // FLOAT, signed varint
  kThousandths = 5,  // FLOAT, signed varint, to be divided by 1000
  kBinary32 = 6,
  kBinary64 = 7,
  kChoice = 8,
  kText = 9,
};
constexpr std::uint8_t kPowerOfTwo = 0x10;  // to 0x1F: the integers 2^8 to 2^23
constexpr int kFirstPower = 8;
constexpr std::uint8_t kSmallInteger = 0x20;
constexpr std::int64_t kSmallIntegers = 0x100 - kSmallInteger;

void write_integer(ByteWriter& out, std::int64_t value) {
  if (value >= 0 && value < kSmallIntegers) {
    return out.u8(static_cast<std::uint8_t>(kSmallInteger + value));
  }
  const auto bits = static_cast<std::uint64_t>(value);
  const int power = std::countr_zero(bits) - kFirstPower;
  if (std::has_single_bit(bits) && power >= 0 && power < kSmallInteger - kPowerOfTwo) {
    return out.u8(static_cast<std::uint8_t>(kPowerOfTwo + power));
  }
  out.u8(kInteger);
  out.signed_varint(value);
}

// Picks the shortest form that reads back to the same bits.
void write_number(ByteWriter& out, double value) {
  const auto same = [value](double other) {
    return std::bit_cast<std::uint64_t>(other) == std::bit_cast<std::uint64_t>(value);
  };
  constexpr double kExact = 1e15;  // far below 2^53, so that the divisions below are exact enough
  if (std::fabs(value) < kExact) {
    const auto whole = static_cast<std::int64_t>(value);
    if (same(static_cast<double>(whole))) {
      out.u8(kWholeNumber);
      return out.signed_varint(whole);
    }
    const auto thousandths = static_cast<std::int64_t>(std::nearbyint(value * 1000));
    if (thousandths > -1000000000 && thousandths < 1000000000 &&
        same(static_cast<double>(thousandths) / 1000)) {
      out.u8(kThousandths);
      return out.signed_varint(thousandths);
    }
  }
  if (std::isfinite(value) && std::fabs(value) <= std::numeric_limits<float>::max() &&
      same(static_cast<double>(static_cast<float>(value)))) {
    out.u8(kBinary32);
    return out.u32(std::bit_cast<std::uint32_t>(static_cast<float>(value)));
  }
  out.u8(kBinary64);
  out.u64(std::bit_cast<std::uint64_t>(value));
}

}  // namespace

Status write_param(ByteWriter& out, const ParamValue& param) {
  if (!is_plain_text(param.key, 1, kMaxName)) {
    return bad_header_argument("the key \"" + param.key + "\" is empty or longer than 255 bytes");
  }
  write_string(out, param.key);
  switch (param.type) {
    case HOLO_PARAM_BOOL:
      out.u8(param.integer != 0 ? kTrue : kFalse);
      return {};
    case HOLO_PARAM_INT:
      write_integer(out, param.integer);
      return {};
    case HOLO_PARAM_FLOAT:
      write_number(out, param.number);
      return {};
    case HOLO_PARAM_CHOICE:
    case HOLO_PARAM_TEXT:
      if (!is_plain_text(param.text, 0, kMaxText)) {
        return bad_header_argument("the value of \"" + param.key + "\" is longer than 1 MiB");
      }
      out.u8(param.type == HOLO_PARAM_CHOICE ? kChoice : kText);
      write_string(out, param.text);
      return {};
    default:
      return bad_header_argument("the parameter \"" + param.key + "\" has the unknown type " +
                                 std::to_string(param.type));
  }
}

Result<ParamValue> read_param(ByteCursor& in) {
  ParamValue param;
  param.key = read_string(in, kMaxName);
  const unsigned form = in.u8();
  if (!in.ok() || param.key.empty()) return corrupt_header("parameters");
  if (form >= kSmallInteger) {
    param.integer = static_cast<std::int64_t>(form - kSmallInteger);
    return param;
  }
  if (form >= kPowerOfTwo) {
    param.integer = std::int64_t{1} << (form - kPowerOfTwo + kFirstPower);
    return param;
  }
  switch (form) {
    case kFalse:
    case kTrue:
      param.type = HOLO_PARAM_BOOL;
      param.integer = form == kTrue ? 1 : 0;
      break;
    case kInteger:
      param.integer = in.signed_varint();
      break;
    case kWholeNumber:
      param.type = HOLO_PARAM_FLOAT;
      param.number = static_cast<double>(in.signed_varint());
      break;
    case kThousandths:
      param.type = HOLO_PARAM_FLOAT;
      param.number = static_cast<double>(in.signed_varint()) / 1000;
      break;
    case kBinary32:
      param.type = HOLO_PARAM_FLOAT;
      param.number = static_cast<double>(std::bit_cast<float>(in.u32()));
      break;
    case kBinary64:
      param.type = HOLO_PARAM_FLOAT;
      param.number = std::bit_cast<double>(in.u64());
      break;
    case kChoice:
    case kText:
      param.type = form == kChoice ? HOLO_PARAM_CHOICE : HOLO_PARAM_TEXT;
      param.text = read_string(in, kMaxText);
      break;
    default:
      in.fail();
  }
  if (!in.ok()) return corrupt_header("parameter " + param.key);
  return param;
}

}  // namespace holo::container
