// One macro: compile a hot integer loop twice, for the baseline machine and for AVX2.
#pragma once

#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define HOLOVID_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define HOLOVID_CLONES
#endif
