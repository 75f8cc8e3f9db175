// Values: resolved parameters made from a table, and the variations that tests try.
#pragma once

#include <string>
#include <vector>

#include <holo/abi/params.h>

namespace holo_check {

struct Value {
  std::string key;
  std::int32_t type = 0;
  std::int64_t integer = 0;
  double number = 0;
  std::string text;
};
using Values = std::vector<Value>;

// The defaults of the rows that are, or are not, flagged HOLO_PARAM_DECODE.
Values default_values(const holo_param_table* table, bool decode);

// One parameter away from the defaults: minimum, maximum, each choice, both booleans.
struct Variation {
  std::string name;  // "quality=0"
  Values values;
};
std::vector<Variation> variations(const holo_param_table* table, bool decode);

// The boundary's view of values; borrows them.
class ParamView {
 public:
  explicit ParamView(const Values& values);
  ParamView(const ParamView&) = delete;
  ParamView& operator=(const ParamView&) = delete;
  [[nodiscard]] const holo_params* get() const { return &view_; }

 private:
  std::vector<holo_param_value> rows_;
  std::vector<const holo_param_value*> pointers_;
  holo_params view_{};
};

}  // namespace holo_check
