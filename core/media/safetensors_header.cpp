// The JSON header of a safetensors file, read event by event so that depth, duplicates and types
// are checked as they come and no tree is built.
#include <nlohmann/json.hpp>
#include <set>

#include "core/media/tensor_codecs.hpp"

namespace holo::media {
namespace {

using Json = nlohmann::json;

// Where the next event belongs.
enum class Place { start, names, tensor, dtype, shape, offsets, metadata, end };

class HeaderEvents {
 public:
  using number_integer_t = Json::number_integer_t;
  using number_unsigned_t = Json::number_unsigned_t;
  using number_float_t = Json::number_float_t;
  using string_t = Json::string_t;
  using binary_t = Json::binary_t;

  SafetensorsHeader header;
  std::string problem;

  bool null() { return fail("null"); }
  bool boolean(bool) { return fail("a boolean"); }
  bool number_integer(number_integer_t) { return fail("a negative number"); }
  bool number_float(number_float_t, const string_t&) { return fail("a fraction"); }
  bool binary(binary_t&) { return fail("binary data"); }

  bool number_unsigned(number_unsigned_t value) {
    if (!in_array_) return fail("a number");
    if (place_ == Place::shape) {
      if (value > static_cast<std::uint64_t>(INT64_MAX)) return fail("an extent above 2^63");
      if (entry_.shape.size() == kLargestRank) return fail("more than 64 extents");
      entry_.shape.push_back(static_cast<std::int64_t>(value));
      return true;
    }
    if (offset_count_ == 2) return fail("a third data offset");
    (offset_count_++ == 0 ? entry_.begin : entry_.end) = value;
    return true;
  }

  bool string(string_t& value) {
    if (place_ == Place::metadata) {
      header.metadata[key_] = std::move(value);
      return true;
    }
    if (place_ != Place::dtype) return fail("a string");
    entry_.dtype = std::move(value);
    place_ = Place::tensor;
    return true;
  }

  bool start_object(std::size_t) {
    if (place_ == Place::start) {
      place_ = Place::names;
      return true;
    }
    if (place_ != Place::names) return fail("an object");
    if (name_ == "__metadata__") {
      place_ = Place::metadata;
      return true;
    }
    entry_ = {};
    entry_.name = name_;
    fields_.clear();
    offset_count_ = 0;
    place_ = Place::tensor;
    return true;
  }

  bool key(string_t& value) {
    if (place_ == Place::names) {
      if (!names_.insert(value).second) return fail("a second entry of that name", value);
      name_ = std::move(value);
      return true;
    }
    if (place_ == Place::metadata) {
      if (header.metadata.count(value) != 0) return fail("a second metadata key", value);
      key_ = std::move(value);
      return true;
    }
    if (!fields_.insert(value).second) return fail("a second field of that name", value);
    if (value == "dtype") {
      place_ = Place::dtype;
    } else if (value == "shape") {
      place_ = Place::shape;
    } else if (value == "data_offsets") {
      place_ = Place::offsets;
    } else {
      return fail("an unknown field", value);
    }
    return true;
  }

  bool end_object() {
    if (place_ == Place::tensor) {
      if (fields_.size() != 3 || offset_count_ != 2) {
        return fail("no complete set of dtype, shape and two data_offsets");
      }
      header.entries.push_back(std::move(entry_));
      place_ = Place::names;
    } else if (place_ == Place::metadata) {
      place_ = Place::names;
    } else {
      place_ = Place::end;
    }
    return true;
  }

  bool start_array(std::size_t) {
    if (in_array_ || (place_ != Place::shape && place_ != Place::offsets)) return fail("an array");
    in_array_ = true;
    return true;
  }

  bool end_array() {
    in_array_ = false;
    place_ = Place::tensor;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const Json::exception&) {
    problem = "its header is not JSON at byte " + std::to_string(position);
    return false;
  }

 private:
  bool fail(const std::string& found, const std::string& at = {}) {
    problem = "its header has " + found + " where none belongs";
    const std::string& where = at.empty() ? name_ : at;
    if (!where.empty()) problem += ", at '" + where.substr(0, 80) + "'";
    return false;
  }

  Place place_ = Place::start;
  bool in_array_ = false;
  int offset_count_ = 0;
  std::string name_;
  std::string key_;  // of __metadata__
  SafetensorsEntry entry_;
  std::set<std::string> names_;
  std::set<std::string> fields_;
};

}  // namespace

Result<SafetensorsHeader> parse_safetensors_header(std::string_view json) {
  HeaderEvents events;
  if (!Json::sax_parse(json.begin(), json.end(), &events)) {
    return make_error(HOLO_CORRUPT, "this safetensors file is damaged: " + events.problem +
                                        "; fetch or export it again");
  }
  return std::move(events.header);
}

}  // namespace holo::media
