// A build without LibTorch says so, and what would help.
#include <catch2/catch.hpp>
#include <filesystem>
#include <iostream>

#include "core/lm/torch_module.hpp"

namespace holo::lm {
namespace {

TEST_CASE("Without the module the error names the file and the package") {
  if (std::filesystem::exists(HOLO_MODULE_INSTALL_DIRECTORY "/libholohost-torch.so")) {
    std::cerr << "skipped: a module is installed in " HOLO_MODULE_INSTALL_DIRECTORY "\n";
    return;
  }
  const auto module = load_torch_module();
  REQUIRE_FALSE(module);
  CHECK(module.error().code == HOLO_NOT_FOUND);
  CHECK_THAT(module.error().message, Catch::Contains("libholohost-torch.so"));
  CHECK_THAT(module.error().message, Catch::Contains("libtorch-dev"));
  CHECK_FALSE(load_torch_module());  // asked again, it tries again
}

}  // namespace
}  // namespace holo::lm
