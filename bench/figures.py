"""Numbers into tables and JSON. Knows nothing of what was measured."""
import json
import os
import platform
import statistics
import time


def percentile(values, part):
    """Of the sorted values, the one below which so much (0 to 1) of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


class Spread:
    """Repeated measurements of one figure."""

    def __init__(self, values):
        self.values = list(values)
        self.median = statistics.median(self.values)
        self.least = min(self.values)
        self.most = max(self.values)

    def __str__(self):
        if len(self.values) == 1:
            return short(self.median)
        return f"{short(self.median)} ({short(self.least)} .. {short(self.most)})"


def short(value):
    """A number as a person wants to read it."""
    if not isinstance(value, (int, float)):
        return str(value)
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.4g}"


def interleave(repeats, ways):
    """Measures each way in turn, A B A B: what troubles the machine for a while troubles all.
    ways: {name: function}; {name: [what it returned, ...]}."""
    results = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            results[name].append(way())
    return results


def plain(value):
    if isinstance(value, Spread):
        return {"median": value.median, "min": value.least, "max": value.most,
                "values": value.values}
    return value


class Report:
    """Prints tables as they come, keeps them for one JSON file."""

    def __init__(self):
        self.tables = []
        self.started = time.time()

    def table(self, title, columns, rows, notes=()):
        """rows: lists of cells, as many as columns; a cell is a text, a number or a Spread."""
        texts = [[cell if isinstance(cell, str) else short(plain_cell(cell)) for cell in row]
                 for row in rows]
        widths = [max(len(line[i]) for line in [list(columns)] + texts)
                  for i in range(len(columns))]

        def line(cells):
            first, *others = [cell.ljust(width) if i == 0 else cell.rjust(width)
                              for i, (cell, width) in enumerate(zip(cells, widths))]
            return "| " + " | ".join([first, *others]) + " |"
        print(f"\n### {title}\n")
        print(line(columns))
        print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
        for row in texts:
            print(line(row))
        for note in notes:
            print(f"\n{note}")
        print(flush=True)
        self.tables.append({
            "title": title, "notes": list(notes),
            "rows": [dict(zip(columns, map(plain, row))) for row in rows]})

    def write(self, folder):
        os.makedirs(folder, exist_ok=True)
        name = time.strftime("%Y%m%d-%H%M%S.json", time.localtime(self.started))
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as to:
            json.dump({"machine": machine(), "started": self.started, "tables": self.tables}, to,
                      indent=1)
        return path


def plain_cell(cell):
    return str(cell) if isinstance(cell, Spread) else cell


def machine():
    """What the figures were taken on."""
    model = ""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        for row in info:
            if row.startswith("model name"):
                model = row.split(":", 1)[1].strip()
                break
    return {"processor": model, "cores": os.cpu_count(), "system": platform.platform(),
            "load": os.getloadavg()[0]}
