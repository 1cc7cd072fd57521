#!/usr/bin/env python3
"""Compares kinfold's join of match keys with DuckDB and polars: the same tokens of four files, the same candidates, one run.

    cargo build --release -p kinfold-benches --bin key_join
    python3 benches/peers/keys.py [--people 250000] [--slots 50] [--threads 2] [--folder FOLDER] [--venv VENV]

It makes its own virtual environment in a temporary folder (or uses the one given with `--venv`). `key_join` writes the tokens and joins
them; the others get them as one Parquet table a file (row, type, and both halves of the token as 64-bit numbers, which they join faster
than binary strings), read it, and then find all pairs of records of different files with the set of types that agree, sorted. Each runs
in a process of its own, one after the other. The table has the time of reading and of the join apart, the processor time of the
join and the peak memory of the process, inputs included. How many candidates there are, and how many types agree in all, must be the
same for all, or the script says so and fails.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

CONVERT = """
import sys, pathlib, numpy, pyarrow, pyarrow.parquet
folder = pathlib.Path(sys.argv[1])
types = numpy.frombuffer((folder / 'types').read_bytes(), dtype=numpy.uint8)
for file in range(4):
    halves = numpy.fromfile(folder / ('%d.tokens' % file), dtype='<u8').reshape(-1, 2)
    rows = len(halves) // len(types)
    table = pyarrow.table({
        'row': numpy.repeat(numpy.arange(rows, dtype=numpy.uint32), len(types)),
        'type': numpy.tile(types, rows),
        'lo': halves[:, 0].copy(),
        'hi': halves[:, 1].copy(),
    })
    pyarrow.parquet.write_table(table, folder / ('%d.parquet' % file), compression='none', use_dictionary=['type'])
"""

# What every peer's script begins and ends with.
FRAME = """
import json, os, resource, sys, time
folder, threads = sys.argv[1], int(sys.argv[2])
os.environ['POLARS_MAX_THREADS'] = str(threads)
%s
begin = time.perf_counter()
read()
middle, used = time.perf_counter(), time.process_time()
candidates, agreeing = join()
end, used = time.perf_counter(), time.process_time() - used
print(json.dumps({'read': middle - begin, 'join': end - middle, 'processor': used, 'candidates': candidates, 'agreeing': agreeing,
    'peak': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""

DUCKDB = """
import duckdb
db = duckdb.connect()
db.execute("SET threads = %%d" %% threads)
db.execute("SET preserve_insertion_order = false")
def read():
    for file in range(4):
        db.execute("CREATE TABLE t%%d AS SELECT * FROM '%%s/%%d.parquet'" %% (file, folder, file))
%s
def join():
    db.execute("CREATE TABLE c AS SELECT fa, fb, l, r, bit_or(1::UBIGINT << type) types FROM (" + joined + ") GROUP BY ALL ORDER BY fa, fb, l, r")
    return db.execute("SELECT count(*), sum(bit_count(types)) FROM c").fetchone()
"""

SIX = """
joined = ' UNION ALL '.join(
    'SELECT %d fa, %d fb, a.row l, b.row r, a.type FROM t%d a JOIN t%d b ON a.lo = b.lo AND a.hi = b.hi AND a.type = b.type' % (a, b, a, b)
    for a in range(4) for b in range(a + 1, 4))
"""

ONE = """
every = ' UNION ALL '.join('SELECT %d f, * FROM t%d' % (f, f) for f in range(4))
joined = ('WITH t AS (%s) SELECT a.f fa, b.f fb, a.row l, b.row r, a.type FROM t a JOIN t b '
    'ON a.lo = b.lo AND a.hi = b.hi AND a.type = b.type AND a.f < b.f') % every
"""

POLARS = """
import polars as pl
files = []
def read():
    files.extend(pl.read_parquet('%%s/%%d.parquet' %% (folder, f)) for f in range(4))
def join():
    pairs = [
        files[a].lazy().join(files[b].lazy(), on=['lo', 'hi', 'type'])
        .select(fa=pl.lit(a, pl.UInt8), fb=pl.lit(b, pl.UInt8), l='row', r='row_right', type='type')
        for a in range(4) for b in range(a + 1, 4)
    ]
    bit = pl.lit(2, pl.UInt64).pow(pl.col('type').cast(pl.UInt32)).cast(pl.UInt64)
    found = (
        pl.concat(pairs).group_by('fa', 'fb', 'l', 'r').agg(types=bit.bitwise_or()).sort('fa', 'fb', 'l', 'r').collect(engine='%s')
    )
    return found.height, int(found['types'].bitwise_count_ones().sum())
"""

PEERS = {
    "DuckDB, one self-join": DUCKDB % ONE,
    "DuckDB, six joins": DUCKDB % SIX,
    "polars, six joins": POLARS % "in-memory",
    "polars, six joins, streaming": POLARS % "streaming",
}


def environment(folder):
    venv = pathlib.Path(folder) / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    packages = ["duckdb", "polars", "pyarrow", "numpy"]
    subprocess.run([str(venv / "bin" / "python"), "-m", "pip", "install", "-q", *packages], check=True)
    return venv


def kinfold(program, options, folder):
    """The figures that key_join prints."""
    words = [program, options.people, options.slots, options.threads, options.mib, folder]
    text = subprocess.run([str(word) for word in words], check=True, stdout=subprocess.PIPE).stdout.decode()
    number = lambda pattern: float(re.search(pattern, text).group(1))
    return {
        "read": number(r"read in ([\d.]+) s"),
        "join": number(r"([\d.]+) s by the clock"),
        "processor": number(r"([\d.]+) s of processor time"),
        "candidates": int(number(r"(\d+) candidates")),
        "agreeing": int(number(r"(\d+) agreeing")),
        # The last line is that of joins of every two files.
        "peak": int(re.findall(r"peak memory (\d+) MiB", text)[-2]),
    }


def main():
    top = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=250_000)
    parser.add_argument("--slots", type=int, default=50)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--mib", type=int, default=1024, help="working memory of kinfold")
    parser.add_argument("--program", type=pathlib.Path, default=top / "target" / "release" / "key_join")
    parser.add_argument("--venv", type=pathlib.Path)
    parser.add_argument("--folder", type=pathlib.Path, help="where the tokens go (1.6 GB)")
    options = parser.parse_args()
    if not options.program.exists():
        sys.exit("not there: %s" % options.program)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or pathlib.Path(temporary)
        python = (options.venv or environment(temporary)) / "bin" / "python"
        versions = "import duckdb, polars; print('DuckDB', duckdb.__version__ + ', polars', polars.__version__)"
        subprocess.run([str(python), "-c", versions], check=True)
        print("| program | reading, s | join, s | processor time of the join, s | peak memory, MiB | candidates | agreeing types | times |")
        print("|---|---|---|---|---|---|---|---|")
        ours = kinfold(options.program, options, folder)
        subprocess.run([str(python), "-c", CONVERT, str(folder)], check=True)
        different = False
        for name, script in {"kinfold": None, **PEERS}.items():
            if script is None:
                row = ours
            else:
                words = [str(python), "-c", FRAME % script, str(folder), str(options.threads)]
                done = subprocess.run(words, stdout=subprocess.PIPE)
                if done.returncode != 0:
                    print("| %s | failed (%d) |" % (name, done.returncode), flush=True)
                    continue
                row = json.loads(done.stdout.decode().splitlines()[-1])
            print(
                "| %s | %.2f | %.2f | %.2f | %.0f | %d | %d | %.1f |"
                % (
                    name,
                    row["read"],
                    row["join"],
                    row["processor"],
                    row["peak"],
                    row["candidates"],
                    row["agreeing"],
                    row["join"] / ours["join"],
                ),
                flush=True,
            )
            different |= any(row[key] != ours[key] for key in ["candidates", "agreeing"])
        if different:
            sys.exit("the results are not the same")


if __name__ == "__main__":
    main()
