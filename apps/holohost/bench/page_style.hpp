// How report.html looks, in light and in dark.
#pragma once

#include <string>

namespace holo::cli {

// A <style> element: the page, and the classes of plot_class().
std::string page_style();

}  // namespace holo::cli
