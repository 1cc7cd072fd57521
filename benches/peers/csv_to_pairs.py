#!/usr/bin/env python3
"""From two CSV files to their pairs, through both programs: the time by the clock and the largest process.

    cargo build --release -p kinfold-cli -p kinfold-hub
    python3 benches/peers/csv_to_pairs.py [--records 100000] [--programs target/release]

The files are made of the febrl4 records that lie beside the project (`../shared/vectors/febrl4_clkhash`): each cell of a person is that of
some record, birth dates are drawn anew, half of the people are in both files, and there two in five have a slip of a letter in a name or number.
"""

import argparse
import csv
import gzip
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time


def people(rows, header, count):
    """People whose cells are those of some records."""
    columns = list(zip(*rows))
    birth = header.index("date_of_birth")
    for _ in range(count):
        person = [random.choice(column) for column in columns]
        if person[birth].strip():
            person[birth] = f"{random.randint(1900, 1999)}{random.randint(1, 12):02d}{random.randint(1, 28):02d}"
        yield person


def slip(person):
    """Two people in five get another letter in a name or an address."""
    person = list(person)
    if random.random() < 0.4:
        place = random.randrange(1, 4)
        text = person[place]
        if len(text) > 3 and text.isalpha():
            at = random.randrange(1, len(text))
            person[place] = text[:at] + random.choice("abcdefghij") + text[at + 1 :]
    return person


def run(command):
    """Seconds by the clock, and the largest memory of the process in MB."""
    begin = time.perf_counter()
    child = subprocess.Popen([str(part) for part in command])
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"{command[0]} {command[1]} failed")
    return time.perf_counter() - begin, usage.ru_maxrss / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--programs", type=pathlib.Path, default=pathlib.Path("target/release"))
    options = parser.parse_args()
    vectors = pathlib.Path("../shared/vectors/febrl4_clkhash")
    for path in [vectors, options.programs / "kinfold", options.programs / "kinfold-hub"]:
        if not path.exists():
            sys.exit(f"{path} is absent")
    random.seed(5)
    rows = []
    for name in "ab":
        with gzip.open(vectors / f"dataset4{name}.csv.gz", "rt") as file:
            header, *more = csv.reader(file)
            rows += more
    header = [name.strip() for name in header]
    count = options.records
    everybody = list(people(rows, header, count * 3 // 2))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "secret").write_text("secret")
        for name, part in (("a", everybody[:count]), ("b", map(slip, everybody[count // 2 :]))):
            with open(folder / f"{name}.csv", "w", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(header)
                writer.writerows(part)
        steps = []
        for name in "ab":
            command = [options.programs / "kinfold", "compat", "clkhash", vectors / "schema.json", folder / f"{name}.csv", "--header", "skip"]
            steps.append(("encode " + name, run(command + ["--secret-file", folder / "secret", "-o", folder / f"{name}.json", "-q"])))
        command = [options.programs / "kinfold-hub", "match", "--threshold", "0.8", "-o", folder / "pairs.parquet"]
        steps.append(("match", run(command + [folder / "a.json", folder / "b.json", "--no-progress"])))
    print("| step | by the clock, s | peak memory, MB |\n|---|---|---|")
    for name, (seconds, memory) in steps:
        print(f"| {name} | {seconds:.2f} | {memory:.0f} |")
    print(f"| all | {sum(step[1][0] for step in steps):.2f} | {max(step[1][1] for step in steps):.0f} |")


if __name__ == "__main__":
    main()
