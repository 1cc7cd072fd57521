#!/usr/bin/env python3
"""Compares `kinfold compat clkhash` with Python's clkhash 0.18.3: the same schema, file and secret, one core, one run.

    cargo build --release -p kinfold-cli -p kinfold-benches
    python3 benches/peers/clkhash.py [--records 200000] [--kinfold target/release/kinfold] [--schema FILE --data FILE.csv]

It makes its own virtual environment in a temporary folder (or uses the one given with `--venv`), and needs Python 3.8 to 3.11. Without
`--schema` and `--data` it takes the febrl4 records that lie beside the project (`../shared/vectors/febrl4_clkhash`). Two files are made
of the records: `repeated` holds all of them again and again, `mixed` takes each cell of a record from another one and draws birth dates,
house numbers and postcodes anew, so that hardly two records are alike. Both programs' CLKs are compared before anything is printed.

A last table sets our own schema `standard` beside it (`encode_speed`: people of six fields, one thread, in bounded memory), before and
after clkhash in the same run. It is other work, so it says only how fast a machine the figures come from.

Times are processor time, user and system, which other work on the machine disturbs less than the clock: for kinfold the whole process
from its start to the renamed file, for clkhash the encoding alone, without starting Python, importing and writing.
"""

import argparse
import csv
import gzip
import json
import pathlib
import random
import re
import resource
import subprocess
import sys
import tempfile

PEER = """
import json, sys, time
from clkhash import clk, schema
from clkhash.serialization import serialize_bitarray
schema = schema.from_json_file(open(sys.argv[1]))
begin = time.process_time()
with open(sys.argv[2]) as records:
    clks = clk.generate_clk_from_csv(records, 'secret', schema, header='ignore', progress_bar=False, max_workers=1)
encoded = time.process_time() - begin
with open(sys.argv[3], 'w') as output:
    json.dump({'clks': [serialize_bitarray(one) for one in clks]}, output)
print(encoded)
"""


def environment(folder):
    venv = pathlib.Path(folder) / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    python = venv / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "-q", "clkhash==0.18.3"], check=True)
    return python


def read(path):
    opened = gzip.open(path, "rt", newline="") if str(path).endswith(".gz") else open(path, newline="")
    with opened as text:
        return [[cell.strip() for cell in row] for row in csv.reader(text)]


def write(path, header, rows):
    with open(path, "w", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def mixed(header, rows, count):
    """Records whose cells come from all records, with much variety where people have it."""
    draw = random.Random(4)
    columns = list(zip(*rows))
    drawn = {
        "date_of_birth": lambda: "%04d%02d%02d" % (draw.randint(1920, 2019), draw.randint(1, 12), draw.randint(1, 28)),
        "street_number": lambda: str(draw.randint(1, 999)),
        "postcode": lambda: str(draw.randint(200, 9999)),
    }
    makers = [drawn.get(name, lambda column=column: draw.choice(column)) for name, column in zip(header, columns)]
    for _ in range(count):
        yield [maker() for maker in makers]


def run(command):
    """What a program printed, and the processor time it took in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout.decode(), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    top = pathlib.Path(__file__).resolve().parents[2]
    vectors = top.parent / "shared" / "vectors" / "febrl4_clkhash"
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--kinfold", type=pathlib.Path, default=top / "target" / "release" / "kinfold")
    parser.add_argument("--encode-speed", type=pathlib.Path, default=top / "target" / "release" / "encode_speed")
    parser.add_argument("--venv", type=pathlib.Path)
    parser.add_argument("--schema", type=pathlib.Path, default=vectors / "schema.json")
    parser.add_argument("--data", type=pathlib.Path, nargs="*")
    options = parser.parse_args()
    data = options.data or [vectors / "dataset4a.csv.gz", vectors / "dataset4b.csv.gz"]
    missing = [path for path in [options.kinfold, options.schema, *data] if not path.exists()]
    if missing:
        sys.exit("not there: %s" % ", ".join(str(path) for path in missing))
    header, rows = None, []
    for path in data:
        table = read(path)
        header = table[0]
        rows += table[1:]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        python = options.venv / "bin" / "python" if options.venv else environment(folder)
        (folder / "secret").write_text("secret\n")
        (folder / "peer.py").write_text(PEER)
        repeated = (rows[index % len(rows)] for index in range(options.records))
        files = {"as they are": rows, "repeated": repeated, "mixed": mixed(header, rows, options.records)}
        print("| file | records | clkhash 0.18.3, records/s | kinfold, records/s | times |")
        print("|---|---|---|---|---|")
        for name, content in files.items():
            path = folder / "records.csv"
            write(path, header, content)
            count = sum(1 for _ in open(path)) - 1
            ours = [options.kinfold, "compat", "clkhash", options.schema, path, "--secret-file", folder / "secret"]
            ours += ["--header", "skip", "--threads", "1", "-q", "-o", folder / "ours.json"]
            _, seconds = run(ours)
            encoded, _ = run([python, folder / "peer.py", options.schema, path, folder / "theirs.json"])
            same = json.loads((folder / "ours.json").read_text()) == json.loads((folder / "theirs.json").read_text())
            if not same:
                sys.exit("the CLKs of %s differ" % name)
            theirs, mine = count / float(encoded), count / seconds
            print("| %s | %d | %.0f | %.0f | %.0f |" % (name, count, theirs, mine, mine / theirs), flush=True)
        if not options.encode_speed.exists():
            print("\nno %s: `standard` is not timed" % options.encode_speed)
            return
        write(folder / "records.csv", header, rows)
        print("\n| people | clkhash 0.18.3, records/s | `standard`, records/s | times |\n|---|---|---|---|")
        for people in [75_000, 400_000]:
            once, peer = [], []
            for _ in range(3):
                printed, _ = run([options.encode_speed, "standard", people, 1])
                once.append(float(re.search(r"(\d+) by processor time", printed).group(1)))
                printed, _ = run([python, folder / "peer.py", options.schema, folder / "records.csv", folder / "theirs.json"])
                peer.append(len(rows) / float(printed))
            mine, theirs = sorted(once)[1], sorted(peer)[1]
            print("| %d | %.0f | %.0f | %.0f |" % (people, theirs, mine, mine / theirs), flush=True)


if __name__ == "__main__":
    main()
