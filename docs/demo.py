#!/usr/bin/env python3
"""Draws docs/demo.svg: runs the demo in a terminal of its own until the API is down, and draws its last screen.

    docs/demo.py [PROGRAM]      default: target/release/tokenwell
"""

import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from xml.sax.saxutils import escape

COLUMNS, ROWS = 100, 30
SECONDS = 19.5
WIDTH, HEIGHT, MARGIN = 8.4, 19, 18  # of a character cell in pixels
COLORS = {"1": "#ffffff", "2": "#7d8590", "31": "#ff7b72", "32": "#56d364", "35": "#d2a8ff"}
PLAIN, BACKGROUND = "#d0d7de", "#0d1117"


def record(program):
    """What the demo prints in a terminal, as one text."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        time.sleep(0.2)  # for the size below
        os.execv(program, [program, "demo"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    printed, end = b"", time.monotonic() + SECONDS
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            printed += os.read(terminal, 65536)
    os.kill(child, signal.SIGINT)
    while True:  # the demo removes its folder before it ends
        try:
            if not os.read(terminal, 65536):
                break
        except OSError:
            break
    os.waitpid(child, 0)
    return printed.decode()


def last_screen(printed):
    """The lines of the last whole frame; each frame begins by moving up and ends by clearing what is below."""
    frames = re.split(r"\x1b\[\d+A", printed)
    frame = [frame for frame in frames if frame.rstrip("\r").endswith("\x1b[J")][-1]
    return [line.replace("\x1b[K", "").replace("\x1b[J", "").strip("\r") for line in frame.split("\n")]


def draw(lines):
    """The screen as SVG: every piece of one colour at its column, bars as rectangles."""
    while lines and not lines[-1]:
        lines.pop()
    width, height = COLUMNS * WIDTH + 2 * MARGIN, len(lines) * HEIGHT + 2 * MARGIN
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
           f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="ui-monospace,Menlo,Consolas,DejaVu Sans Mono,monospace" '
           f'font-size="14">')
    yield "<title>tokenwell demo: two tokens stay fresh while the API is down</title>"
    yield f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>'
    for row, line in enumerate(lines):
        column, color = 0, PLAIN
        for piece in re.split(r"(\x1b\[[\d;]*m)", line):
            if piece.startswith("\x1b"):
                color = COLORS.get(piece[2:-1], PLAIN)
                continue
            for text in re.findall(r"[█-▏]+|░+| +|[^ █-▏░]+(?: [^ █-▏░]+)*", piece):
                yield from drawn(text, MARGIN + column * WIDTH, MARGIN + row * HEIGHT, color)
                column += len(text)
    yield "</svg>"


def drawn(text, x, y, color):
    if text[0] in "█▉▊▋▌▍▎▏":
        eighths = sum(0x2590 - ord(letter) for letter in text)
        yield f'<rect x="{x:.1f}" y="{y + 4}" width="{eighths * WIDTH / 8:.1f}" height="11" fill="{color}"/>'
    elif text[0] == "░":
        yield f'<rect x="{x:.1f}" y="{y + 4}" width="{len(text) * WIDTH:.1f}" height="11" fill="{color}" opacity=".3"/>'
    elif text[0] != " ":
        yield (f'<text x="{x:.1f}" y="{y + 14}" fill="{color}" textLength="{len(text) * WIDTH:.1f}" '
               f'xml:space="preserve">{escape(text)}</text>')


def main():
    os.chdir(pathlib.Path(__file__).parent.parent)
    program = sys.argv[1] if len(sys.argv) > 1 else "target/release/tokenwell"
    svg = "\n".join(draw(last_screen(record(program)))) + "\n"
    pathlib.Path("docs/demo.svg").write_text(svg)


main()
