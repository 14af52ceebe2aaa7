#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Doxygen's view of a header: what users see. Lines keep their numbers.

- namespace Impl is left out, but for PlanBase, whose members are those of every plan;
- KOKKOSQUANT_ARGS, KOKKOSQUANT_TILED_ARGS, KOKKOSQUANT_PLAN and KOKKOSQUANT_PLAN_OF, and macros made of them, become the classes
  that they declare, each documented by the table of its family; the family, a member group in the sources (\\name), is a topic. A
  macro that is defined neither in the header nor in detail/KokkosQuant_OpFamily.hpp becomes a function without documentation,
  which is an error;
- requires-clauses are left out: Doxygen 1.9.4 takes them for parts of names.
"""
import pathlib
import re
import sys


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


def definitions(text):
    """Function-like macros of ours: name -> parameters, body."""
    found = {}
    for macro in re.finditer(r"^#define (KOKKOSQUANT_\w+)\(([^)]*)\)((?:.*\\\n)*.*)\n", text, re.M):
        found[macro[1]] = [p.strip() for p in macro[2].split(",")], re.sub(r"\s*\\\n\s*", " ", macro[3]).strip()
    return found


def classes_of(name, parts, rows, macros):
    """What a macro call declares, with documentation."""
    if name == "KOKKOSQUANT_ARGS":
        plan = re.sub("Args$", "Plan", parts[0])
        return [args_class(parts[0], inner(parts[1]), inner(parts[3]).split(";"), rows, plan)]
    if name == "KOKKOSQUANT_TILED_ARGS":
        plan, members = re.sub("Args$", "Plan", parts[0]), inner(parts[3]).split(";") + [" ".join(parts[4:6])]
        return [args_class(parts[0], inner(parts[1]), members, rows, plan)]
    if name in ("KOKKOSQUANT_PLAN", "KOKKOSQUANT_PLAN_OF"):
        return [plan_class(*parts)]
    if name not in macros:
        return [f"void doxygen_filter_does_not_know_{name}();"]
    parameters, body = macros[name]
    values = dict(zip(parameters, parts))
    body = re.sub(r"\w+", lambda word: values.get(word[0], word[0]), body)
    body = re.sub(r"\s*##\s*", "", body)
    classes, at = [], 0
    for call in re.finditer(r"\b(KOKKOSQUANT_\w+)\(", body):
        if call.start() >= at:
            inner_parts, at = arguments(body, call.end() - 1)
            classes += classes_of(call[1], inner_parts, rows, macros)
    return classes


def expand(text, macros):
    out, at = [], 0
    for call in re.finditer(r"^(KOKKOSQUANT_\w+)\(", text, re.M):
        parts, end = arguments(text, call.end() - 1)
        classes = classes_of(call[1], parts, table_before(text, call.start()), macros)
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
        with open(pathlib.Path(__file__).parent.parent / "src/detail/KokkosQuant_OpFamily.hpp", encoding="utf-8") as file:
            macros = definitions(file.read()) | definitions(text)
        text = re.sub(r"^#define KOKKOSQUANT_\w+\((?:.*\\\n)*.*\n", lambda m: blank(m[0]), text, flags=re.M)
        text = expand(text, macros)
        text = re.sub(r"^/// \\name (.*)\n", topic, text, flags=re.M)
    sys.stdout.write(text)


main(sys.argv[1])
