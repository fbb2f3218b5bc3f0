#!/usr/bin/env python3
"""A firmware image in QEMU that is reset and loses power at random moments, amid its writes too, and has to
come up with what it had answered `ok`, or that and the one line it was at; then with damaged storage.

reset.py IMAGE HOST FOLDER RESETS [SEED] < LINES

The external memory of the board is a file, so that it is kept when QEMU is killed. The board's clock is the
host's, so that a write takes the time that it takes on a board. What the configuration has to be is asked of
HOST, the console program.
"""

import json
import mmap
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time

MEMORY = 16 << 20
STORAGE = 15 << 20
SECTOR = 8 * 1024
BODY = 64  # the seal's room
TORN = 3  # writes that have to be met in their midst, if there are lines enough
PATIENCE = 60  # seconds, on a machine that does much else
QUERIES = [f"list {kind}" for kind in
           "vpc vsw vtb ipv4gw i eni eip ngw lb gwlb app ep rtg".split()]
QUERIES += ["show vpc-1", "show vtb-1", "hash"]


def fail(what):
    sys.exit(f"reset.py: {what}")


class Lines:
    """Commands that answer one line, and the host's answers about the state behind each of them."""

    def __init__(self, host, lines):
        self.host = host
        self.known = {}
        lines = [line for line in lines if line.split("#")[0].split() and line.split()[0] != "hash"]
        answers = self.ask([text for line in lines for text in (line, "hash")])
        self.lines, self.answers, self.changes, answer = [], [], [], []
        pending, before = iter(lines), None
        for text in answers:
            if not text.startswith("ok hash="):
                answer.append(text)
                continue
            line = next(pending)
            if len(answer) == 1 and re.fullmatch("ok|error .*", answer[0]):
                self.lines.append(line)
                self.answers.append(answer[0])
                if text != before:
                    self.changes.append(len(self.lines) - 1)
            answer, before = [], text
        # What is left out are questions: the answers are the same without them.
        self.verbs = {line.split()[0] for line in self.lines}

    def ask(self, lines):
        ran = subprocess.run([self.host, "--firmware"], input="".join(line + "\n" for line in lines),
                             capture_output=True, text=True, check=True)
        return ran.stdout.splitlines()

    def state(self, count):
        """What is answered to QUERIES behind so many lines."""
        if count not in self.known:
            self.known[count] = self.ask(self.lines[:count] + QUERIES)[count:]
        return self.known[count]

    def may_be_cut(self, line):
        """Whether no end of the line is a command of its own: a reset loses the bytes that have come."""
        return not any(line.find(verb, 1) > 0 for verb in self.verbs)


class Board:
    """QEMU, its memory in a file."""

    def __init__(self, image, folder):
        self.image, self.folder = image, folder
        self.file = os.path.join(folder, "memory")
        with open(self.file, "wb") as file:
            file.truncate(MEMORY)
        with open(self.file, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), MEMORY)
        self.log = os.path.join(folder, "reset.log")
        self.qemu = None

    def storage(self):
        return self.memory[STORAGE:STORAGE + 2 * SECTOR]

    def live(self):
        """The sector that counts, of the two, and where it ends."""
        sectors = [self.storage()[n * SECTOR:(n + 1) * SECTOR] for n in (0, 1)]
        live = max((0, 1), key=lambda n: sectors[n][0] != 0xFF)
        return live, -(-len(sectors[live].rstrip(b"\xff")) // 4) * 4

    def start(self):
        self.console, console = socket.socketpair()
        self.control, control = socket.socketpair()
        is_rust = os.path.basename(self.image).startswith("rust")
        log = open(self.log + (".raw" if is_rust else ""), "ab")
        fds = [console.fileno(), control.fileno(), log.fileno()]
        command = ["qemu-system-arm", "-M", "mps2-an386,memory-backend=external", "-object",
                   f"memory-backend-file,id=external,mem-path={self.file},size=16M,share=on",
                   "-display", "none", "-monitor", "none",
                   "-semihosting-config", "enable=on,target=native", "-kernel", self.image,
                   "-chardev", f"socket,id=console,fd={fds[0]}", "-serial", "chardev:console",
                   "-chardev", f"socket,id=control,fd={fds[1]}", "-mon", "chardev=control,mode=control"]
        if not is_rust:
            command += ["-add-fd", f"fd={fds[2]},set=1", "-chardev",
                        "file,id=log,path=/dev/fdset/1,append=on", "-serial", "chardev:log"]
        self.qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, pass_fds=fds)
        for part in (console, control, log):
            part.close()
        self.received, self.messages = b"", b""
        self.console.settimeout(PATIENCE)
        self.control.settimeout(PATIENCE)
        self.tell("qmp_capabilities", "return")

    def tell(self, command, until):
        self.control.sendall(json.dumps({"execute": command}).encode() + b"\n")
        while True:
            while b"\n" not in self.messages:
                more = self.control.recv(4096)
                if not more:
                    fail(f"the image has ended; its log is {self.log}")
                self.messages += more
            message, _, self.messages = self.messages.partition(b"\n")
            message = json.loads(message)
            if until in message or message.get("event") == until:
                return

    def reset(self):
        self.tell("system_reset", "RESET")

    def kill(self):
        self.qemu.send_signal(signal.SIGKILL)
        self.qemu.wait()

    def end(self):
        self.send("\x04")
        code = self.qemu.wait(PATIENCE)
        if code != 0:
            fail(f"the image ended with {code}; its log is {self.log}")

    def send(self, text):
        self.console.sendall(text.encode())

    def has_answered(self):
        """Whether a whole line has come, without waiting for it."""
        try:
            self.received += self.console.recv(4096, socket.MSG_DONTWAIT)
        except (BlockingIOError, ConnectionResetError):
            pass
        return b"\n" in self.received

    def line(self):
        while b"\n" not in self.received:
            try:
                more = self.console.recv(4096)
            except TimeoutError:
                fail(f"no answer for {PATIENCE} s; the log is {self.log}")
            if not more:
                fail(f"the image has ended; its log is {self.log}")
            self.received += more
        line, _, self.received = self.received.partition(b"\n")
        return line.decode()

    def answers(self):
        """What is answered to QUERIES; what came before is dropped, a part of an answer maybe."""
        self.send("\nhash\n")
        while "ok hash=" not in self.line():
            pass
        self.send("".join(query + "\n" for query in QUERIES))
        answers = []
        while not answers or not answers[-1].startswith("ok hash="):
            answers.append(self.line())
        return answers


class Run:
    def __init__(self, image, host, folder, resets, seed):
        self.random = random.Random(seed)
        self.lines = Lines(host, sys.stdin.read().splitlines())
        self.board = Board(image, folder)
        self.resets = resets
        self.done = 0
        self.latency = 0.005
        self.counts = dict.fromkeys(["reset", "power", "start"], 0)
        self.one_more = self.torn = 0

    def say_one(self):
        """Gives the board a line and waits for its answer."""
        start = time.monotonic()
        self.board.send(self.lines.lines[self.done] + "\n")
        answer, wanted = self.board.line(), self.lines.answers[self.done]
        if answer != wanted:
            fail(f"line {self.done + 1}, {self.lines.lines[self.done]}: {answer}, and not {wanted}")
        self.latency += (time.monotonic() - start - self.latency) / 8
        self.done += 1

    def interrupt(self, amid):
        """Gives the board a line and does not let it finish, amid a write if it makes one; looks at what it has
        then."""
        board, line = self.board, self.lines.lines[self.done]
        before = board.storage()
        deadline = time.monotonic() + self.random.uniform(0, 1.2 * self.latency)
        board.send(line + "\n")
        if amid:
            deadline = time.monotonic() + 4 * self.latency
            while board.storage() == before and time.monotonic() < deadline:
                pass
            deadline = time.monotonic() + self.random.uniform(0, 0.0001)
        how = self.random.choice(["reset", "power"]) if self.lines.may_be_cut(line) else "power"
        while time.monotonic() < deadline:
            pass
        if how == "reset":
            is_answered = board.has_answered()
            board.reset()
        else:
            board.kill()
            has_begun = board.storage() != before
            is_answered = board.has_answered()
            board.start()
        self.counts[how] += 1
        self.interrupt_start(0.3)
        answers = board.answers()
        if answers == self.lines.state(self.done + 1):
            self.done += 1
            self.one_more += not is_answered
        elif is_answered or answers != self.lines.state(self.done):
            fail(f"after line {self.done}, then {line}, then {how}: {answers}\n"
                 f"and not {self.lines.state(self.done)}\nor {self.lines.state(self.done + 1)}")
        elif how == "power":
            self.torn += has_begun

    def interrupt_start(self, chance):
        """Does not let the board come up, maybe more than once."""
        while self.random.random() < chance:
            time.sleep(self.random.uniform(0, 0.2))
            self.board.kill()
            self.board.start()
            self.counts["start"] += 1

    def campaign(self):
        self.board.start()
        self.interrupt_start(0.8)
        total = len(self.lines.lines)
        # A quarter anywhere, the others where something is written.
        anywhere = self.random.choices(range(total), k=self.resets // 4)
        changes = self.random.choices(self.lines.changes, k=self.resets - len(anywhere))
        planned = sorted(anywhere + changes)
        while self.done < total:
            if planned and planned[0] <= self.done:
                planned.pop(0)
                self.interrupt(self.random.random() < 0.6)
            elif self.torn < TORN and self.done in self.lines.changes and self.done > total / 2:
                self.interrupt(True)
            else:
                self.say_one()
        if self.torn == 0:
            fail("no write has been torn")
        if self.board.answers() != self.lines.state(total):
            fail("the state at the end is not the host's")
        self.board.kill()

    def damage(self):
        """One bit of the storage turns: the state is right, or lacks the last change, or there is none and no
        change is taken."""
        board, memory = self.board, self.board.memory
        sound = board.storage()
        empty, right = self.lines.state(0), self.lines.state(self.done)
        live, used = board.live()
        refused = cut = 0
        # In the seal, in what is behind it, at the end, and anywhere.
        places = [8, BODY + 12, used - 6] + [self.random.randrange(BODY, used) for _ in range(3)]
        for place in places:
            board.memory[STORAGE:STORAGE + 2 * SECTOR] = sound
            memory[STORAGE + live * SECTOR + place] ^= 1 << self.random.randrange(8)
            damaged = board.storage()
            board.start()
            answers = board.answers()
            if answers == empty:
                board.send("create-vpc vpc-9 vtb-9 10.0.0.0/16\n")
                if board.line() != "error NotStored" or board.storage() != damaged:
                    fail(f"damage at {place} is not left as it is")
                refused += 1
            elif answers == self.lines.state(self.last_change()):
                cut += 1
            elif answers != right:
                fail(f"damage at {place} gives a state that never was: {answers}")
            board.end()
        if refused < 2:
            fail("damage was not seen")
        # Erased, it can be used again.
        memory[STORAGE:STORAGE + 2 * SECTOR] = b"\xff" * 2 * SECTOR
        board.start()
        if board.answers() != empty:
            fail("erased storage has a state")
        self.done = 0
        self.say_one()
        self.fault()
        board.end()
        return len(places), refused, cut

    def fault(self):
        """A word that cannot be programmed: the change is not made, and the next one goes elsewhere."""
        board, change = self.board, "region blackout=on\n"
        before = board.answers()
        live, end = board.live()
        word = STORAGE + live * SECTOR + end + 4
        board.memory[word:word + 4] = bytes(4)
        board.send(change)
        if board.line() != "error NotStored" or board.answers() != before:
            fail("a change is made that could not be stored")
        board.send(change)
        if board.line() != "ok":
            fail("a change is not stored in the other sector")
        after = board.answers()
        board.kill()
        board.start()
        if after == before or board.answers() != after:
            fail("a change is lost that was stored in the other sector")

    def last_change(self):
        """How many lines lead to the state before the last change."""
        count = self.done
        while count > 0 and self.lines.state(count) == self.lines.state(self.done):
            count -= 1
        return count


def main():
    image, host, folder, resets = sys.argv[1:5]
    seed = int(sys.argv[5]) if len(sys.argv) > 5 else random.randrange(1 << 32)
    os.makedirs(folder, exist_ok=True)
    print(f"seed {seed}", file=sys.stderr)
    run = Run(image, host, folder, int(resets), seed)
    try:
        run.campaign()
        damages, refused, cut = run.damage()
    finally:
        if run.board.qemu and run.board.qemu.poll() is None:
            run.board.kill()
        os.remove(run.board.file)
    counts = run.counts
    print(f"{os.path.basename(image)}: {len(run.lines.lines)} changes, {counts['reset']} resets and "
          f"{counts['power']} losses of power, {counts['start']} more at a start; the line under way was there after {run.one_more}, "
          f"its write torn in {run.torn}; "
          f"{damages} damages, {refused} refused, {cut} cut (seed {seed})")


main()
