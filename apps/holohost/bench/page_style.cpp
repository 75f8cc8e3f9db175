// Colours as variables, so that dark mode changes nothing else.
#include "apps/holohost/bench/page_style.hpp"

#include "apps/holohost/bench/plot.hpp"

namespace holo::cli {

namespace {

constexpr const char* kStyle = R"(<style>
:root {
  color-scheme: light dark;
  --ink: #1c1f23; --soft: #5b6168; --paper: #ffffff; --line: #dfe3e7;
  --good: #1a7f37; --bad: #b3261e;
  --c0: #0b66c3; --c1: #c2410c; --c2: #15803d; --c3: #9333ea;
  --c4: #b4860b; --c5: #0e7490; --c6: #be185d; --c7: #57534e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6e8ea; --soft: #9aa1a9; --paper: #16181b; --line: #33383e;
    --good: #57d27b; --bad: #ff8a80;
    --c0: #6db3f8; --c1: #fb923c; --c2: #4ade80; --c3: #c084fc;
    --c4: #facc15; --c5: #22d3ee; --c6: #f472b6; --c7: #c7c2bd;
  }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
       max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; }
h2 { font-size: 1.2rem; margin-top: 2.2rem; }
h3 { font-size: 1rem; margin: 1rem 0 0.3rem; }
p, figcaption, summary { color: var(--soft); }
summary { cursor: pointer; margin: 0.3rem 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.2rem 1.1rem 0.2rem 0; border-bottom: 1px solid var(--line);
         text-align: right; white-space: nowrap; }
th { font-weight: 600; color: var(--soft); }
th:first-child, td:first-child { text-align: left; }
td.long { white-space: normal; overflow-wrap: anywhere; text-align: left; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.plots { display: grid; gap: 0.5rem 1.5rem;
         grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); }
svg { width: 100%; height: auto; }
svg text { fill: var(--soft); font-size: 12px; }
.grid { stroke: var(--line); }
.curve { fill: none; stroke-width: 2; }
.dashed.curve { stroke-dasharray: 6 4; }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; }
.legend svg { width: 2rem; height: 0.8rem; vertical-align: middle; margin-right: 0.4rem; }
.crops { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { margin: 0; }
figure img { display: block; width: 240px; height: auto; image-rendering: pixelated; }
figcaption { font-size: 13px; width: 240px; }
)";

}  // namespace

std::string page_style() {
  std::string rules = kStyle;
  for (std::size_t i = 0; i < kPlotColours; ++i) {
    const std::string n = std::to_string(i);
    rules += ".curve.c" + n + " { stroke: var(--c" + n + "); } .dot.c" + n + " { fill: var(--c" +
             n + "); }\n";
  }
  return rules + "</style>\n";
}

}  // namespace holo::cli
