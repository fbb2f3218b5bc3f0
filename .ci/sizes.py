#!/usr/bin/env python3
"""What the C library takes: bytes of code and memory, and stack, per target and level of optimisation.

    sizes.py check ARCHIVE...   each as a gate: all that the header declares is there, nothing panics,
                                allocates, calls itself or is called in an unknown way; the limits hold
    sizes.py report ARCHIVE...  the tables of README.md
    sizes.py readme             README.md has tables for every function of the header

An archive's file name is TARGET-LEVEL.a, as ship_lib.sh makes it.
"""

import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from elf import Library, StackError  # noqa: E402

BEGIN, END = "<!-- made by `make sizes` -->", "<!-- made so far -->"
# What a C program has; on bare metal the library brings its own.
MEMORY = {"memcpy", "memmove", "memset", "memcmp", "bcmp"}
PANIC = re.compile(r"panic|unwrap_failed|expect_failed|_fail$|__rust_alloc|__rust_dealloc")

# Parts that a program may use alone, by what it calls: functions of C, and of Rust. C has commands as lines
# only, so a border that has no text is a program in Rust; its `Region::apply` is nothing but these two.
APPLY = r"sekisho::region::Region::(carry_out|commit)"
REGION = r"packet|time_exceeded|region_(init|attach|fini|footprint|align|reader_\w+)|profile_\w+"
PARTS = {
    "one lookup": (r"lpm_lookup$", None),
    "routing tables": (r"lpm_\w+", None),
    "packets, of a region that is there":
        (r"packet|time_exceeded|(flows|steering)_\w+|region_(attach|reader_\w+)", None),
    "a border without text: commands and packets": (REGION, APPLY),
    "with flows": (REGION + r"|(flows|steering)_\w+", APPLY),
    "all of it": (r"\w+", None),
}

# Bytes of code that a part must not exceed, by target and level.
LIMITS = {
    ("thumbv6m-none-eabi", "s", "one lookup"): 1024,
    ("thumbv6m-none-eabi", "s", "routing tables"): 40 * 1024,
    ("thumbv6m-none-eabi", "s", "a border without text: commands and packets"): 64 * 1024,
    ("thumbv6m-none-eabi", "s", "all of it"): 256 * 1024,
}

# Calls through pointers: who makes them, whom they reach (None: what callers have lent; behind `lent `: which of
# that), and why no others. The first that fits counts.
LENT = "lent "
INDIRECT = [
    (r"\bresolve::.*\bTold\b", LENT + r"^sekisho::answers::explain::region::Region::way\b", "who is told of a packet's way"),
    (r"\bpairs::Question::grouped$", LENT + r"\bSides::(sent_changes|received_changes|add_losses)$", "who is told of ranges"),
    (r"\bdiff::(Change::see_as|sides::Sides::(sent|received)_changes)$", LENT + r"\breadiness::Plan::tell$|\bconsole::whole::diff$",
     "who is told of changes"),
    (r"\breadiness::Plan::tried$", LENT + r"\breadiness::Plan::(check|losses|tell)$", "who looks at a trial"),
    (r"\breadiness::(again::|Plan::(tell_steps|undo|(each_)?after_rebinding)\b)",
     LENT + r"\breadiness::Plan::(tell_steps|undo|after_rebinding)$|\bconsole::whole::readiness$", "who is told of steps"),
    (r"\breadiness::Plan::tell$", LENT + r"\bconsole::whole::readiness$", "who is told of a plan"),
    (r"\banswers::explain::(tell::|region::Region::way\b)", LENT + r"^sekisho::console::explain::", "who is told: a closure of the console's"),
    (r"(?<!console::)\b(answers|resolve|region::view|region::rebuild)::(?!packets::write_packets|.*\bDisplay\b)", None, "closures that callers have lent"),
    (r"Write::write_fmt$|^core::fmt::write$", r"(Display|LowerHex)::fmt$|Text::.*::write_(str|char)$",
     "what a format names; none of these formats anything itself"),
    (r"^core::fmt::|Display::fmt$|print::write_(verdict|named|joined)$|packets::write_packets$|console::script::write_operation$", r"Text::.*::write_(str|char)$", "the answer's text: ffi's only writer"),
    (r"^sekisho_journal_apply$", r"console::verbs::(?!find|command)", "the program's functions, and the table of verbs"),
    (r"\bstore::|^sekisho_journal_", r"(?!)", "the program's functions, whose stack is the program's"),
    (r"\bconsole::|^sekisho_region_line", r"console::verbs::(?!find|command)|Text::|Counters::watch$",
     "the table of verbs, the answer's text, and the counters that a program hands over"),
]


def functions():
    with open("include/sekisho.h", encoding="utf-8") as file:
        return sorted(set(re.findall(r"^[a-z].*[ *](sekisho_\w+)\(", file.read(), re.M)))


class Build:
    """An archive, and what a program has of it that calls every function."""

    def __init__(self, path):
        self.target, self.level = os.path.basename(path).removesuffix(".a").rsplit("-", 1)
        self.archive, self.functions = Library(path), functions()
        self.faults = [f"{name} is not in the library" for name in self.functions
                       if name not in self.archive.globals]
        self.functions = [name for name in self.functions if name in self.archive.globals]
        self.kept, self.missing = self.archive.reach(self.functions)
        self.applying = [section for section in self.kept if section.is_code and re.fullmatch(APPLY, section.title)]
        if len(self.applying) != 2:
            self.faults.append(f"nobody knows what Region::apply is made of: {[s.title for s in self.applying]}")
        self.taken = self._taken()
        self.callees = {}

    def _taken(self):
        """The functions whose address something holds."""
        taken = set()
        for section in self.kept:
            if section.name.startswith((".ARM.ex", ".eh_frame", ".stack_sizes")):
                continue
            called = section.calls | section.tails
            taken |= {to for _, _, to, _ in section.relocations
                      if not isinstance(to, str) and to.is_code and to is not section and to not in called}
        return taken

    def indirect(self, section):
        if section not in self.callees:
            rule = next((rule for rule in INDIRECT if re.search(rule[0], section.title)), None)
            if rule is None:
                raise StackError(f"nobody knows whom {section.title} calls")
            whom = rule[1]
            if whom and whom.startswith(LENT):
                self.callees[section] = lambda to: re.search(whom.removeprefix(LENT), to.title)
            else:
                self.callees[section] = whom and [to for to in self.taken if re.search(whom, to.title)]
        return self.callees[section]

    def part(self, part):
        in_c, in_rust = PARTS[part]
        roots = [name for name in self.functions if re.fullmatch("sekisho_(" + in_c + ")", name)]
        roots += self.applying if in_rust else []
        return self.archive.sizes(self.archive.reach(roots)[0])

    def stack(self, function):
        return self.archive.stack(function, self.indirect)

    def check(self):
        faults = list(self.faults)
        for name in sorted(self.missing - MEMORY):
            users = [section.title for section in self.kept
                     if any(to == name for _, _, to, _ in section.relocations)]
            faults.append(f"wants {name}, from {', '.join(sorted(users)[:5])}")
        faults += [f"has code that panics or allocates: {section.title}"
                   for section in self.kept if section.is_code and PANIC.search(section.title)]
        text, rodata, memory = self.part("all of it")
        # On x86-64 the library remembers what the processor can do.
        if memory > (1 if self.target.startswith("x86_64") else 0):
            faults.append(f"keeps {memory} bytes of memory of its own")
        for (target, level, part), limit in LIMITS.items():
            if (target, level) == (self.target, self.level):
                size = self.part(part)[0]
                if size > limit:
                    faults.append(f"{part}: {size} bytes of code, {limit} allowed")
        deepest = (0, "")
        for function in self.functions:
            try:
                deepest = max(deepest, (self.stack(function), function))
            except StackError as error:
                faults.append(f"{function}: {error}")
        wants = ", ".join(sorted(self.missing)) or "nothing"
        print(f"{self.target} at {self.level}: {len(self.functions)} functions want {wants}; "
              f"{text} bytes of code, {rodata} of constants; {deepest[0]} of stack in {deepest[1]}")
        return [f"{self.target} at {self.level}: {fault}" for fault in dict.fromkeys(faults)]


def number(value):
    return f"{value:,}"


def report(builds):
    """Sizes and stacks, as README.md has them."""
    lines = ["| bytes of code, at opt-level 3 / s | " + " | ".join(PARTS) +
             " | constants | `.bss`, `.data` |", "|---|" + "---:|" * (len(PARTS) + 2)]
    targets = list(dict.fromkeys(build.target for build in builds))
    of = {(build.target, build.level): build for build in builds}
    for target in targets:
        three, small = of[target, "3"], of[target, "s"]
        pair = lambda values: " / ".join(number(value) for value in values)
        cells = [pair([build.part(part)[0] for build in (three, small)]) for part in PARTS]
        cells += [pair([build.part("all of it")[place] for build in (three, small)]) for place in (1, 2)]
        lines.append(f"| `{target}` | " + " | ".join(cells) + " |")
    lines += ["", "Memory of a region: " + " and ".join(
        f"{number(int(size))} bytes for the `{name}` profile" for name, size in profiles()) +
        "; of tables: `SEKISHO_LPM_FOOTPRINT`.", "",
        "<details><summary>The most stack that each function takes, in bytes, at opt-level 3 / s</summary>", "",
        "| | " + " | ".join(f"`{target}`" for target in targets) + " |", "|---|" + "---:|" * len(targets)]
    for function in functions():
        cells = [" / ".join(number(of[target, level].stack(function)) for level in "3s") for target in targets]
        lines.append(f"| `{function}` | " + " | ".join(cells) + " |")
    lines += ["", "Over the deepest path of the call graph, with the frames that the compiler notes; no function calls",
              "itself. What a C library takes for `memcpy` and its kin comes on top.", "", "</details>"]
    return "\n".join(lines)


def profiles():
    with open("include/sekisho.h", encoding="utf-8") as file:
        return re.findall(r"^#define SEKISHO_REGION_FOOTPRINT_(\w+) (\d+)", file.read(), re.M)


def readme_parts():
    with open("README.md", encoding="utf-8") as file:
        text = file.read()
    before, _, rest = text.partition(BEGIN)
    made, _, after = rest.partition(END)
    if not after:
        sys.exit("README.md: no place for the sizes")
    return before, made, after


def main(command, *archives):
    if command == "readme":
        made = readme_parts()[1]
        missing = [name for name in functions() if f"| `{name}` |" not in made]
        missing += [f"{name} {size}" for name, size in profiles() if f"{number(int(size))} bytes for the `{name}`" not in made]
        if missing:
            sys.exit(f"README.md: make sizes has not been run since {', '.join(missing)} came")
        return
    builds = [Build(path) for path in archives]
    if command == "check":
        faults = [fault for build in builds for fault in build.check()]
        if faults:
            sys.exit("\n".join(faults))
    elif command == "report":
        before, _, after = readme_parts()
        made = report(builds)
        with open("README.md", "w", encoding="utf-8") as file:
            file.write(f"{before}{BEGIN}\n{made}\n{END}{after}")
        print(made)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
