#!/usr/bin/env python3
"""Writes unicode_classes.inc: ranges of the general categories L and N, from the tables of
the package unicodedata2 (pip install unicodedata2), or Python's own without it.

    python3 make_unicode_classes.py > unicode_classes.inc
"""
import sys

try:
    import unicodedata2 as unicodedata
except ImportError:
    import unicodedata


def ranges(category):
    found = []
    for value in range(sys.maxunicode + 1):
        if not unicodedata.category(chr(value)).startswith(category):
            continue
        if found and found[-1][1] == value - 1:
            found[-1][1] = value
        else:
            found.append([value, value])
    return found


def table(name, category):
    cells = [f"{{0x{a:X}, 0x{b:X}}}," for a, b in ranges(category)]
    print(f"constexpr Range {name}[] = {{")
    line = ""
    for cell in cells:
        if len(line) + len(cell) + 1 > 96:
            print("   " + line)
            line = ""
        line += " " + cell
    print("   " + line)
    print("};")


print(f"// Unicode {unicodedata.unidata_version}; written by make_unicode_classes.py.")
table("kLetters", "L")
table("kNumbers", "N")
