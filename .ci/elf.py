"""Object files as a graph: what leads to what, who calls whom, and how much stack a call takes.

Reads static libraries of Rust, whose functions have a section each, so no tool but Python is needed; for
x86-64 also objdump, as only there instructions cannot be told apart without a decoder. The graph is made
of relocations: what a linker would keep with --gc-sections is what they reach.
"""

import re
import struct
import subprocess
import tempfile

X86_64, ARM, AARCH64, RISCV = 62, 40, 183, 243
# Relocations of calls, and of jumps to another function's start.
CALLS = {ARM: {10}, AARCH64: {283}, RISCV: {17, 18, 19}, X86_64: {2, 4}}
JUMPS = {ARM: {30}, AARCH64: {282}, RISCV: set(), X86_64: set()}
# Relocations of what is reached through the linker's table of addresses.
THROUGH_TABLE = {9, 41, 42}
# What x86-64 pushes with each call.
RETURN_ADDRESS = {X86_64: 8}
# Functions that may be closures which are lent; what would call one that is given away is not called.
CLOSURE = re.compile(r"\b(answers|console::(whole|explain))::(?!.*\bcall_once::vtable$)")
# Who lies below those and makes none of them. Where the same one is always lent, the compiler knows it there,
# and calls it by name.
BELOW = re.compile(r"^sekisho::resolve::")
EXECUTABLE, ALLOCATED, WRITABLE = 4, 2, 1


class Section:
    def __init__(self, name, kind, flags, data, size, align):
        self.name, self.kind, self.flags, self.data = name, kind, flags, data
        self.size, self.align = size, max(align, 1)
        self.relocations, self.function, self.frame = [], None, None
        self.calls, self.tails, self.indirect = set(), set(), 0
        # Closures that are called by name where they have been lent.
        self.lent = set()

    @property
    def is_code(self):
        return bool(self.flags & EXECUTABLE)

    @property
    def is_closure(self):
        return bool(self.function and self.function.startswith("_RNC") and CLOSURE.search(self.title))

    @property
    def title(self):
        return path_of(self.function) if self.function else self.name


def path_of(symbol):
    """The path in a mangled name, without what tells instances of a generic function apart."""
    if not symbol.startswith("_R"):
        return symbol
    symbol = re.sub(r"(?<=C)s[0-9A-Za-z]*_(?=\d)", "", symbol[2:])
    path, at = [], 0
    while at < len(symbol):
        # An identifier is its length and its letters; other digits are behind `s` or `B`, up to `_`.
        if symbol[at] in "sB" and (skip := re.match(r"[sB][0-9A-Za-z]*_", symbol[at:])):
            at += skip.end()
        elif match := re.match(r"(\d+)_?", symbol[at:]):
            start = at + match.end()
            path.append(symbol[start : start + int(match[1])])
            at = start + int(match[1])
        else:
            at += 1
    return "::".join(part for part in path if part) or symbol


class Library:
    """All members of an archive, or one object."""

    def __init__(self, path):
        self.sections, self.globals, self.machine = [], {}, None
        with open(path, "rb") as file:
            data = file.read()
        for member in members(data):
            self._read(member)
        for section in self.sections:
            section.relocations = [(at, kind, self._target(to), addend)
                                   for at, kind, to, addend in section.relocations]
        self._frames()
        self.closures = {}
        for section in self.sections:
            if section.is_code:
                self._calls(section)
        # Closures that are called by name where they are lent, if whoever makes them is a function of its own.
        made = {section.title for section in self.sections if section.is_code and not section.is_closure}
        for section in self.sections:
            if BELOW.search(section.title):
                section.lent = {to for to in section.calls if isinstance(to, Section) and to.is_closure and to.title in made}
                section.calls -= section.lent
                for to in section.lent:
                    self.closures.setdefault(to.title, set()).add(to)

    def _target(self, to):
        """A section, or the name of what is defined nowhere."""
        if isinstance(to, Section):
            return to
        return self.globals[to][1] if to in self.globals else to

    def _read(self, data):
        if data[:4] != b"\x7fELF":
            return
        wide = data[4] == 2
        machine = struct.unpack_from("<H", data, 18)[0]
        assert self.machine in (None, machine), "objects for several machines"
        self.machine = machine
        if wide:
            header_at, = struct.unpack_from("<Q", data, 40)
            entry, count, names = struct.unpack_from("<HHH", data, 58)
        else:
            header_at, = struct.unpack_from("<I", data, 32)
            entry, count, names = struct.unpack_from("<HHH", data, 46)

        def header(number):
            at = header_at + number * entry
            return struct.unpack_from("<IIQQQQIIQQ" if wide else "<IIIIIIIIII", data, at)

        # With more sections than 16 bits count, the first header has their number.
        count, names = count or header(0)[5], header(0)[6] if names == 0xFFFF else names
        headers = [header(number) for number in range(count)]
        text = lambda table, at: data[headers[table][4] + at :].split(b"\0", 1)[0].decode()
        own = []
        for name, kind, flags, _, at, size, _, _, align, _ in headers:
            content = b"" if kind == 8 else data[at : at + size]
            own.append(Section(text(names, name), kind, flags, content, size, align))
        self.sections += own

        symbols, extended = [], {}
        for number, (_, kind, _, _, at, size, link, _, _, _) in enumerate(headers):
            if kind == 18:
                extended[link] = struct.unpack_from(f"<{size // 4}I", data, at)
        for number, (_, kind, _, _, at, size, link, _, _, _) in enumerate(headers):
            if kind != 2:
                continue
            step = 24 if wide else 16
            for index in range(size // step):
                if wide:
                    name, info, _, place, value, _ = struct.unpack_from("<IBBHQQ", data, at + index * step)
                else:
                    name, value, _, info, _, place = struct.unpack_from("<IIIBBH", data, at + index * step)
                if place == 0xFFFF:
                    place = extended[number][index]
                title = text(link, name)
                section = own[place] if 0 < place < 0xFF00 or place < len(own) and place else None
                bind, form = info >> 4, info & 15
                symbols.append(section if section and bind == 0 else title)
                if section is None:
                    continue
                if section.is_code and form == 2 and (not section.function or bind):
                    section.function = title
                if bind == 1 or bind == 2 and title not in self.globals:
                    self.globals[title] = (bind, section)
                if title.startswith("$") and form == 0:
                    section.__dict__.setdefault("marks", []).append((value, title[1]))
        for _, kind, _, _, at, size, _, to, _, _ in headers:
            if kind not in (4, 9):
                continue
            step = (24 if wide else 12) if kind == 4 else 8
            for place in range(at, at + size, step):
                if wide:
                    offset, info, addend = struct.unpack_from("<QQq", data, place)
                    symbol, form = info >> 32, info & 0xFFFFFFFF
                else:
                    offset, info = struct.unpack_from("<II", data, place)
                    addend = struct.unpack_from("<i", data, place + 8)[0] if kind == 4 else 0
                    symbol, form = info >> 8, info & 255
                if symbol:
                    own[to].relocations.append((offset, form, symbols[symbol], addend))

    def _frames(self):
        word = 8 if self.machine in (X86_64, AARCH64) else 4
        for table in self.sections:
            if table.name != ".stack_sizes":
                continue
            at = 0
            places = {offset: to for offset, _, to, _ in table.relocations}
            while at < len(table.data):
                function, at, size, shift = places.get(at), at + word, 0, 0
                while True:
                    byte, at = table.data[at], at + 1
                    size |= (byte & 127) << shift
                    shift += 7
                    if not byte & 128:
                        break
                if isinstance(function, Section):
                    function.frame = size

        # Functions in assembly have no record: what they push.
        for section in self.sections if self.machine == ARM else ():
            if section.is_code and section.function and section.frame is None:
                halves = struct.unpack_from(f"<{len(section.data) // 2}H", section.data)
                section.frame = sum(4 * bin(half & 0x1FF).count("1") if half >> 9 == 0x5A
                                    else 4 * (half & 0x7F) if half >> 7 == 0x161 else 0 for half in halves)

    def _calls(self, section):
        calls, jumps, known = CALLS[self.machine], JUMPS[self.machine], set()
        # On x86-64 a register may hold the address of C's memcpy for several calls.
        holds_external = False
        for at, kind, to, _ in section.relocations:
            is_jump = kind in jumps
            if self.machine == X86_64 and kind in THROUGH_TABLE and section.data[at - 2 : at - 1] == b"\xff":
                # `call *f@GOTPCREL(%rip)`, or such a jump.
                is_jump = section.data[at - 1] == 0x25
                at -= 2
            elif self.machine == X86_64 and kind in THROUGH_TABLE:
                holds_external |= isinstance(to, str)
                section.calls.add(to)
                continue
            elif self.machine == X86_64 and kind in calls:
                before = section.data[at - 1]
                if before not in (0xE8, 0xE9):
                    continue
                is_jump = before == 0xE9
            elif self.machine == RISCV and kind in (18, 19):
                # auipc t1 begins a jump, auipc ra a call.
                is_jump = section.data[at] >> 7 | (section.data[at + 1] & 15) << 1 != 1
                known.add(at + 4)
            elif kind not in calls and not is_jump:
                continue
            known.add(at)
            (section.tails if is_jump else section.calls).add(to)
        for at, what in self._instructions(section):
            if what == "self" and at not in known:
                section.calls.add(section)
            elif what == "register" and holds_external:
                continue
            elif what in ("indirect", "register") and at not in known:
                section.indirect += 1
            elif what == "jump" and at not in known and not self._has_jump_table(section):
                section.indirect += 1

    @staticmethod
    def _has_jump_table(section):
        tables = (to for _, _, to, _ in section.relocations if isinstance(to, Section) and not to.is_code)
        return any(to is section for table in tables for _, _, to, _ in table.relocations)

    def _instructions(self, section):
        """Calls that no relocation may tell of: within the section, or to what a register holds."""
        data = section.data
        if self.machine == X86_64:
            yield from disassembled(data)
            return
        marks = sorted(section.__dict__.get("marks", []))
        at, form = 0, "x"
        while at + 2 <= len(data):
            while marks and marks[0][0] & ~1 <= at:
                form = marks.pop(0)[1]
            if form == "d":
                at += 2
                continue
            half, = struct.unpack_from("<H", data, at)
            size = 4
            if self.machine == ARM:
                size = 4 if half >> 11 in (29, 30, 31) else 2
                if size == 2 and half & 0xFF87 == 0x4780:
                    yield at, "indirect"
                elif size == 2 and half & 0xFF87 == 0x4700 and half >> 3 & 15 != 14:
                    yield at, "jump"
                elif size == 4 and half >> 11 == 30 and data[at + 3] & 0xD0 == 0xD0:
                    # Within long functions `bl` also jumps.
                    if at + 4 + thumb_offset(half, *struct.unpack_from("<H", data, at + 2)) == 0:
                        yield at, "self"
            elif self.machine == AARCH64:
                word, = struct.unpack_from("<I", data, at)
                if word & 0xFFFFFC1F == 0xD63F0000:
                    yield at, "indirect"
                elif word & 0xFFFFFC1F == 0xD61F0000:
                    # What was added up shortly before is a place in a table of offsets, no function.
                    before = struct.unpack_from(f"<{min(at, 24) // 4}I", data, max(at - 24, 0))
                    if not any(add >> 24 == 0x8B and add & 31 == word >> 5 & 31 for add in before):
                        yield at, "jump"
                elif word >> 26 == 0x25 and at + (((word & 0x3FFFFFF) ^ 0x2000000) - 0x2000000) * 4 == 0:
                    yield at, "self"
            elif half & 3 != 3:
                size = 2
                if half & 0xF07F == 0x9002 and half >> 7 & 31:
                    yield at, "indirect"
                elif half & 0xF07F == 0x8002 and half >> 7 & 31 not in (0, 1):
                    yield at, "jump"
            else:
                # Every call has a relocation, for the linker to shorten it.
                word, = struct.unpack_from("<I", data, at)
                register = word >> 7 & 31
                if word & 0x7F == 0x67 and register == 1:
                    yield at, "indirect"
                elif word & 0x7F == 0x67 and register == 0 and word >> 15 & 31 not in (1, 5):
                    yield at, "jump"
            at += size

    def reach(self, roots):
        """The sections that a linker keeps for these functions, by name or as sections, and the names that it lacks."""
        kept, missing = set(), set()
        left = [root if isinstance(root, Section) else self.globals[root][1] for root in roots]
        while left:
            section = left.pop()
            if section in kept:
                continue
            kept.add(section)
            for _, _, to, _ in section.relocations:
                if isinstance(to, Section):
                    left.append(to)
                else:
                    missing.add(to)
        return kept, missing

    def sizes(self, kept):
        """Bytes of code, of constants, and of memory, set or zero."""
        text = rodata = memory = 0
        for section in kept:
            if not section.flags & ALLOCATED or section.name.startswith((".ARM.ex", ".eh_frame", ".stack")):
                continue
            size = -(-section.size // section.align) * section.align
            if section.is_code:
                text += size
            elif section.flags & WRITABLE and not section.name.startswith(".data.rel.ro"):
                memory += size
            else:
                rodata += size
        return text, rodata, memory

    def stack(self, root, indirect):
        """The most bytes of stack below a call of a function, and the way there.

        `indirect` answers the functions that one with an indirect call may be calling. A function without
        a known frame and calls that come back to a function on the way are `StackError`s. It answers `None`
        where only closures can be called that were handed down: those that functions on the way have made
        and lent, each of them at most once at a time, as it is borrowed meanwhile; and a function that
        answers which of those it may be.
        """
        depths, way, varies = {}, [], self._varies(indirect)

        def depth(section, lent=frozenset()):
            if section in varies:
                lent = (lent | self.made(section)) - {section}
            else:
                lent = frozenset()
            if (section, lent) in depths:
                return depths[section, lent]
            if len(depths) > 1_000_000:
                raise StackError(f"too many ways to {section.title}")
            if section in way:
                raise StackError("recursion: " + " -> ".join(s.title for s in way[way.index(section):] + [section]))
            if section.frame is None:
                raise StackError(f"nothing tells the frame of {section.title}")
            way.append(section)
            callees, held = section.calls | section.lent & lent, ()
            if section.indirect:
                held = indirect(section)
                callees |= lent if held is None else set(filter(held, lent) if callable(held) else held)
            below = max((depth(to, lent - {to}) + RETURN_ADDRESS.get(self.machine, 0) for to in callees
                         if isinstance(to, Section)), default=0)
            tail = max((depth(to, lent) for to in section.tails if isinstance(to, Section)), default=0)
            way.pop()
            depths[section, lent] = max(section.frame + below, tail)
            return depths[section, lent]

        return depth(self.globals[root][1])

    def made(self, section):
        """The closures that a function makes to be called through a table of theirs."""
        if BELOW.search(section.title):
            return frozenset()
        if "closures" not in section.__dict__:
            tables = [to for _, _, to, _ in section.relocations if isinstance(to, Section) and not to.is_code]
            own = () if section.is_closure else self.closures.get(section.title, ())
            section.closures = frozenset(own) | frozenset(to for table in tables for _, _, to, _ in table.relocations
                                         if isinstance(to, Section) and to.is_code and CLOSURE.search(to.title))
        return section.closures

    def _varies(self, indirect):
        """The functions below which a call depends on the way."""
        callers, left = {}, []
        for section in self.sections:
            if not section.is_code:
                continue
            callees = section.calls | section.tails
            try:
                held = indirect(section) if section.indirect else ()
            except StackError:
                held = ()
            if section.lent:
                left.append(section)
            if held is None or callable(held):
                left.append(section)
                held = ()
            for to in callees | set(held) | self.made(section):
                callers.setdefault(to, []).append(section)
        varies = set()
        while left:
            section = left.pop()
            if section not in varies:
                varies.add(section)
                left += callers.get(section, ())
        return varies


class StackError(Exception):
    pass


def members(data):
    if data[:8] != b"!<arch>\n":
        yield data
        return
    at = 8
    while at + 60 <= len(data):
        size = int(data[at + 48 : at + 58])
        yield data[at + 60 : at + 60 + size]
        at += 60 + size + size % 2


def thumb_offset(first, second):
    """Where a `bl` of two halves leads, from behind it."""
    sign = first >> 10 & 1
    ones = [1 - (second >> bit & 1 ^ sign) for bit in (13, 11)]
    offset = ones[0] << 23 | ones[1] << 22 | (first & 0x3FF) << 12 | (second & 0x7FF) << 1
    return offset - (sign << 24)


def disassembled(data):
    """As `_instructions`, for x86-64."""
    if b"\xff" not in data and b"\xe8" not in data:
        return
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        command = ["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "--no-show-raw-insn", file.name]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    for line in lines:
        if match := re.match(r"\s*([0-9a-f]+):\s+(?:notrack |bnd )?(call|jmp)\s+(\S+)", line):
            at, what, operand = int(match[1], 16), match[2], match[3]
            if operand.startswith("*"):
                yield at, "jump" if what == "jmp" else "register" if operand[1] == "%" else "indirect"
            elif what == "call" and int(operand, 16) == 0:
                # Relocations are at the operand.
                yield at + 1, "self"
