"""What a terminal shows: the few things that programs here ask of one, as xterm does them."""
import re

SEQUENCE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z@`])|\x1b([=>78MDEHc])|\x1b\][^\x07]*\x07|\x1b\([AB0]")


class Screen:
    """Rows that scrolled away stay: `text` is all there ever was, with wrapped rows joined."""

    def __init__(self, columns, rows):
        self.columns, self.height = columns, rows
        self.rows = [[]]       # lists of characters, all that ever were
        self.wrapped = set()   # rows that go on in the next one
        self.row = self.column = 0
        self.pending = ""      # half a sequence

    @property
    def text(self):
        parts = []
        for number, row in enumerate(self.rows):
            parts.append("".join(row) if number in self.wrapped
                         else "".join(row).rstrip(" ") + self._tail(number) + "\n")
        return "".join(parts)[:-1]

    def _tail(self, number):
        """Blanks before the cursor were typed and count."""
        row = "".join(self.rows[number])
        bare = len(row.rstrip(" "))
        return " " * max(0, min(self.column, len(row)) - bare) if number == self.row else ""

    def resize(self, columns, rows):
        self.columns, self.height = columns, rows
        self.column = min(self.column, columns - 1)

    def feed(self, text):
        text = self.pending + text
        self.pending = ""
        at = 0
        while at < len(text):
            found = SEQUENCE.match(text, at) if text[at] == "\x1b" else None
            if found:
                self._obey(found[1] or "", found[2] or "")
                at = found.end()
            elif text[at] == "\x1b" and len(text) - at < 20:
                self.pending = text[at:]
                return
            else:
                self._put(text[at])
                at += 1

    def _put(self, letter):
        if letter == "\n":
            self._down()
        elif letter == "\r":
            self.column = 0
        elif letter == "\b":
            self.column = max(0, min(self.column, self.columns) - 1)
        elif letter >= " ":
            if self.column >= self.columns:
                self.wrapped.add(self.row)
                self.column = 0
                self._down()
            row = self.rows[self.row]
            row.extend(" " * (self.column + 1 - len(row)))
            row[self.column] = letter
            self.column += 1

    def _down(self):
        self.row += 1
        if self.row == len(self.rows):
            self.rows.append([])

    def _obey(self, words, verb):
        number = int(words) if words.isdigit() else 0
        row = self.rows[self.row]
        top = max(0, len(self.rows) - self.height)
        if verb == "A":
            self.row = max(top, self.row - max(1, number))
        elif verb == "B":
            self.row = min(len(self.rows) - 1, self.row + max(1, number))
        elif verb == "C":
            self.column = min(self.columns - 1, self.column + max(1, number))
        elif verb == "D":
            self.column = max(0, self.column - max(1, number))
        elif verb in "G`":
            self.column = max(1, number) - 1
        elif verb == "K" and number == 0:
            del row[self.column:]
            self.wrapped.discard(self.row)
        elif verb == "J" and number == 0:
            del row[self.column:]
            del self.rows[self.row + 1:]
            self.wrapped = {line for line in self.wrapped if line < self.row}
        elif verb == "P":
            del row[self.column:self.column + max(1, number)]
        elif verb == "@":
            row[self.column:self.column] = " " * max(1, number)
