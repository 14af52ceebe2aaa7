#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check_site.py HTML EXAMPLES: every link of the site leads to a file of it, and every name of namespace KokkosQuant that the
examples use is on it."""
import html
import pathlib
import re
import sys

site, examples = (pathlib.Path(argument) for argument in sys.argv[1:3])
wrong = []
for page in sorted(site.glob("*.html")):
    for link in re.findall(r'(?:href|src)="([^"#?]+)', page.read_text(encoding="utf-8")):
        link = html.unescape(link)
        if not re.match(r"[a-z]+:", link) and not (site / link).exists():
            wrong.append(f"{page.name}: no {link}")

names = set()
for source in examples.rglob("*.cpp"):
    if source.parent.name != "07_adding_an_op":  # an op of its own
        names |= set(re.findall(r"\bKokkosQuant::(\w+)", source.read_text(encoding="utf-8")))
listed = set(re.findall(r"\w+", (site / "namespaceKokkosQuant.html").read_text(encoding="utf-8")))
wrong += [f"KokkosQuant::{name}, which the examples use, is not on the site" for name in sorted(names - listed)]

print(f"check_site: {len(names)} names" + "".join(f"\n  {line}" for line in wrong))
sys.exit(1 if wrong else 0)
