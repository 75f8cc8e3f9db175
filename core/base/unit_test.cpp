#include "core/base/unit.hpp"

#include <catch2/catch.hpp>

#include "core/base/params.hpp"

using namespace holo;

TEST_CASE("chroma planes of odd pictures are rounded up") {
  holo_image image = make_image(7, 5, HOLO_YCBCR, true, 10);
  image.chroma_shift_x = 1;
  image.chroma_shift_y = 1;
  auto unit = UnitBuffer::planes(HOLO_FRAME, image, 1 << 20);
  REQUIRE(unit.ok());
  REQUIRE(unit->plane_count() == 4);
  CHECK(unit->plane_width(0) == 7);
  CHECK(unit->plane_width(1) == 4);
  CHECK(unit->plane_height(2) == 3);
  CHECK(unit->plane_width(3) == 7);
  CHECK(unit->byte_size() == 2u * (7 * 5 + 4 * 3 + 4 * 3 + 7 * 5));
}

TEST_CASE("a view survives a move of its buffer") {
  auto made = UnitBuffer::planes(HOLO_PICTURE, make_image(3, 2, HOLO_RGB, false, 8), 1 << 20);
  REQUIRE(made.ok());
  UnitBuffer moved = std::move(*made);
  moved.plane(1)[0] = 42;
  const holo_unit& view = moved.view();
  REQUIRE(view.tensor_count == 3);
  const DLTensor& plane = *view.tensors[1];
  CHECK(plane.shape[0] == 2);
  CHECK(plane.shape[1] == 3);
  CHECK(plane.strides[1] == 1);
  CHECK(static_cast<const std::uint8_t*>(plane.data)[0] == 42);
  CHECK(reinterpret_cast<std::uintptr_t>(plane.data) % 64 == 0);
}

TEST_CASE("image descriptions from outside are checked field by field") {
  holo_image image = make_image(100, 100, HOLO_RGB, false, 8);
  CHECK(validate_image(image, 30000).ok());
  CHECK(validate_image(image, 29999).error().code == HOLO_NO_MEMORY);
  image.width = 0;
  CHECK(validate_image(image, 30000).error().message.find("width is 0") != std::string::npos);
  image = make_image(100, 100, 9, false, 8);
  CHECK(validate_image(image, 30000).error().code == HOLO_CORRUPT);
}

TEST_CASE("tensor sizes that overflow are refused") {
  UnitInfo info;
  info.kind = HOLO_TENSOR;
  info.name = "w";
  info.dtype = *dtype_from_name("f32");
  info.shape = {std::int64_t{1} << 40, std::int64_t{1} << 40};
  CHECK(UnitBuffer::tensor(info, ~std::uint64_t{0}).error().code == HOLO_NO_MEMORY);
  info.shape = {-1};
  CHECK_FALSE(UnitBuffer::tensor(info, 1 << 20).ok());
  info.shape = {0, std::int64_t{1} << 40, std::int64_t{1} << 40};
  CHECK(UnitBuffer::tensor(info, 1 << 20).error().code == HOLO_NO_MEMORY);
  info.shape = {3, 0};
  CHECK(UnitBuffer::tensor(info, 0).ok());
  info.shape = {};
  auto scalar = UnitBuffer::tensor(info, 1 << 20);
  REQUIRE(scalar.ok());
  CHECK(scalar->byte_size() == 4);
  CHECK(scalar->view().tensors[0]->ndim == 0);
}

TEST_CASE("element types have one name each") {
  for (const char* name : {"u8", "u16", "i8", "i16", "i32", "i64", "f16", "bf16", "f32", "f64"}) {
    const auto type = dtype_from_name(name);
    REQUIRE(type.has_value());
    CHECK(dtype_name(*type) == name);
  }
  CHECK_FALSE(dtype_from_name("f8").has_value());
}

TEST_CASE("parameter values print the shortest text that reads back") {
  ParamValue value{"step", HOLO_PARAM_FLOAT, 0, 0.1, {}};
  CHECK(value.to_text() == "0.1");
  ParamValues values;
  values.values = {value, {"mode", HOLO_PARAM_CHOICE, 0, 0, "fast"}};
  REQUIRE(values.view().count == 2);
  CHECK(values.view().values[0]->text == nullptr);
  CHECK(std::string(values.view().values[1]->text) == "fast");
  CHECK(values.find("nothing") == nullptr);
}
