#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Doxygen's view of a header: what users see. Lines keep their numbers.

- namespace Impl is left out, but for PlanBase, whose members are those of every plan;
- KOKKOSQUANT_OP_FAMILY, KOKKOSQUANT_ARGS, KOKKOSQUANT_PLAN and KOKKOSQUANT_PLAN_OF become the classes that they declare, each
  documented by the table of its family; the family, a member group in the sources (\\name), is a topic. A macro that this script
  does not know becomes a function without documentation, which is an error;
- requires-clauses are left out: Doxygen 1.9.4 takes them for parts of names.
"""
import re
import sys

GRANULARITIES = ("PerTensor", "PerChannel", "PerToken", "PerGroup", "PerBlock")
TILED = {"PerGroup": ("PerGroup group",), "PerBlock": ("PerBlock block",)}


def blank(text):
    return "\n" * text.count("\n")


def arguments(text, start):
    """The arguments of a macro call whose '(' is at start, and the index behind its ')'."""
    depth, parts, part = 0, [], start + 1
    for i in range(start, len(text)):
        if text[i] == "(":
            depth += 1
        elif text[i] == ")":
            depth -= 1
            if depth == 0:
                return [re.sub(r"\s+", " ", p).strip() for p in parts + [text[part:i]]], i + 1
        elif text[i] == "," and depth == 1:
            parts.append(text[part:i])
            part = i + 1
    raise ValueError("no ')' for a macro call")


def inner(part):
    return part.strip()[1:-1].strip()


def table_before(text, at):
    """Member -> description, of the table in the comment before a macro call."""
    rows = {}
    for line in text[text.rfind("\\name", 0, at):at].splitlines():
        cells = [c.strip() for c in line.replace("///", "", 1).strip().strip("|").split("|")]
        if len(cells) < 2 or set(cells[0]) <= set("- ") or cells[0] == "member":
            continue
        for name in re.split(r"\s+or\s+|,\s*", cells[0]):
            rows[name] = "; ".join(c for c in cells[1:] if c)
    return rows


def args_class(name, types, members, rows, plan):
    body = "".join(
        f" {m.strip()}; /**< {rows.get(m.split()[-1], 'as the family of ops says')} */" for m in members if m.strip())
    return f"/** \\brief The arguments of {plan}, an aggregate. */ template <{types}> struct {name} {{{body} }};"


def plan_class(name, op, descriptor="QuantizeDescriptor"):
    return (
        f"/** \\brief The plan of {name}. Its members are those of every plan. \\tparam Exec the execution space "
        f"\\tparam Args {name}Args of the Views \\tparam Descriptor {descriptor}, or one that names other rules */ "
        f"template <class Exec, class Args, class Descriptor = {descriptor}> class {name}Plan : public "
        f"Impl::PlanBase<{op}, Exec, Args, Descriptor> {{ public: "
        f"/** \\brief Checks the arguments and chooses a kernel for them; keeps copies of the instance and of the Views, which share "
        f"their memory. Reads no element, launches nothing. \\throws std::invalid_argument where can_implement is false */ "
        f"{name}Plan(const Exec& exec, const Descriptor& descriptor, const Args& args, PlanPreference preference = {{}}); "
        f"/** \\brief The same as the constructor. \\throws std::invalid_argument where can_implement is false */ "
        f"static {name}Plan select(const Exec& exec, const Descriptor& descriptor, const Args& args, PlanPreference preference = {{}}); }}; "
        f"/** \\brief Names the op for select, can_implement and plan_t. */ struct {name} {{}};")


def expand(text):
    out, at = [], 0
    for call in re.finditer(r"^(KOKKOSQUANT_\w+)\(", text, re.M):
        parts, end = arguments(text, call.end() - 1)
        rows = table_before(text, call.start())
        if call[1] == "KOKKOSQUANT_OP_FAMILY":
            family, ending, types, _, members = parts
            classes = []
            for g in GRANULARITIES:
                name = family + g + ending
                fields = inner(members).split(";") + list(TILED.get(g, ()))
                classes.append(args_class(name + "Args", inner(types), fields, rows, name + "Plan"))
                classes.append(plan_class(name, f"Impl::{family}{ending}Op<{g}>"))
        elif call[1] == "KOKKOSQUANT_ARGS":
            name, types, _, members = parts
            classes = [args_class(name, inner(types), inner(members).split(";"), rows, name[:-4] + "Plan")]
        elif call[1] in ("KOKKOSQUANT_PLAN", "KOKKOSQUANT_PLAN_OF"):
            classes = [plan_class(*parts)]
        else:
            classes = [f"void doxygen_filter_does_not_know_{call[1]}();"]
        rest = re.match(r"\s*;", text[end:])
        stop = end + (rest.end() if rest else 0)
        out += [text[at:call.start()], " ".join(classes), blank(text[call.start():stop])]
        at = stop
    return "".join(out) + text[at:]


def without_requires(text):
    """Leaves out requires(...) and requires name, behind a template's head or a function's parameters."""
    out, at = [], 0
    for clause in re.finditer(r"\brequires\b\s*(?=[(a-z])", text):
        if clause.start() < at or re.search(r"=\s*$", text[:clause.start()]):  # in a concept
            continue
        if text[clause.end()] == "(":
            end = arguments(text, clause.end())[1]
            if re.match(r"\s*\{\s*(requires|typename)", text[end:]):  # a requires-expression
                continue
        else:
            end = clause.end() + re.match(r"\w+", text[clause.end():]).end()
        out += [text[at:clause.start()], blank(text[clause.start():end])]
        at = end
    return "".join(out) + text[at:]


def topic(match):
    return f"/// \\defgroup {re.sub('[^a-z]+', '_', match[1].lower())} {match[1]}\n"


def main(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if path.endswith("_PlanBase.hpp"):
        head, rest = text.split("template <class Op, class Exec, class Args, descriptor_type Descriptor>", 1)
        public = rest[rest.index(" public:"):rest.index(" private:")]
        public = without_requires(public)
        text = (blank(head) + "/** \\brief What every plan has. */ namespace KokkosQuant::Impl { "
                "/** \\brief The members of every plan: it holds the instance, the Views and the kernel chosen for them. */ "
                "template <class Op, class Exec, class Args, class Descriptor> class PlanBase {" +
                blank(rest[:rest.index(" public:")]) + public + "}; }\n")
    else:
        text = re.sub(r"^namespace Impl \{.*?^\}  // namespace Impl\n", lambda m: blank(m[0]), text, flags=re.M | re.S)
        if not path.endswith("_Types.hpp"):  # concepts
            text = without_requires(text)
        text = expand(text)
        text = re.sub(r"^/// \\name (.*)\n", topic, text, flags=re.M)
    sys.stdout.write(text)


main(sys.argv[1])
