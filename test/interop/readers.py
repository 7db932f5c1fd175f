"""Reads and writes tables with Python's libraries, for the tests beside this file.

Takes a JSON array of requests on standard input, each `{"do": NAME, ...}` for one of the functions
that are `@request`s below, with its arguments. Prints a line of JSON for each: `{"result": ...}` or
`{"error": "Class: message"}`.
"""

import datetime
import json
import os
import operator
import struct
import sys

import deltalake
import pandas
import polars
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MICROSECOND = datetime.timedelta(microseconds=1)

REQUESTS = {}


def request(function):
    REQUESTS[function.__name__] = function
    return function


def cell(value):
    """A value as `cells.ts` writes it."""
    if value is None or value is pandas.NA or value is pandas.NaT:
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return f"i:{value}"
    if isinstance(value, float):
        return "f:" + struct.pack(">d", value).hex()
    if isinstance(value, str):
        return f"s:{value}"
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            return f"naive:{value}"
        return f"t:{(value - EPOCH) // MICROSECOND}"
    if isinstance(value, dict):
        return {name: cell(member) for name, member in value.items()}
    if isinstance(value, list):
        return [cell(item) for item in value]
    return f"{type(value).__name__}:{value}"


def rows_of(table):
    return [{name: cell(value) for name, value in row.items()} for row in table.to_pylist()]


def type_text(kind):
    """An Arrow type as `cells.ts` calls it."""
    if pa.types.is_boolean(kind):
        return "bool"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return "string"
    if pa.types.is_float64(kind):
        return "float64"
    if kind == pa.timestamp("us", "UTC"):
        return "timestamp"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"list<{type_text(kind.value_type)}>"
    if pa.types.is_struct(kind):
        members = ", ".join(f"{field.name}: {type_text(field.type)}" for field in kind)
        return f"struct<{members}>"
    if pa.types.is_dictionary(kind):
        return f"dictionary<{type_text(kind.value_type)}>"
    return str(kind)


def result_of(table):
    if not isinstance(table, pa.Table):
        table = pa.table(table)
    return {
        "rows": rows_of(table),
        "types": {field.name: type_text(field.type) for field in table.schema},
    }


def partitioning(partition_types):
    """Hive directories; the types of their columns are guessed where none are given."""
    if partition_types is None:
        return "hive"
    types = {"string": pa.string(), "int64": pa.int64()}
    schema = pa.schema([(name, types[kind]) for name, kind in partition_types.items()])
    return ds.partitioning(schema, flavor="hive")


@request
def pyarrow_dataset(directory, partition_types=None):
    dataset = ds.dataset(directory, format="parquet", partitioning=partitioning(partition_types))
    # It knows the columns of the first file only, unless it is told.
    schemas = [fragment.physical_schema for fragment in dataset.get_fragments()]
    dataset = dataset.replace_schema(pa.unify_schemas([dataset.schema, *schemas]))
    return result_of(dataset.to_table())


@request
def pandas_read_parquet(directory, partition_types=None):
    # Types of numpy have no nulls but among floats.
    frame = pandas.read_parquet(
        directory, dtype_backend="pyarrow", partitioning=partitioning(partition_types)
    )
    return result_of(pa.Table.from_pandas(frame, preserve_index=False))


@request
def polars_scan_parquet(directory, partition_types=None):
    types = {"string": polars.String, "int64": polars.Int64}
    frame = polars.scan_parquet(
        f"{directory}/**/*.parquet",
        hive_partitioning=True,
        hive_schema=partition_types and {name: types[t] for name, t in partition_types.items()},
    )
    return result_of(frame.collect().to_arrow())


@request
def polars_scan_delta(directory):
    return result_of(polars.scan_delta(directory).collect().to_arrow())


@request
def delta_to_pyarrow(directory, version=None):
    return result_of(deltalake.DeltaTable(directory, version=version).to_pyarrow_table())


@request
def delta_query(directory, sql):
    query = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(directory))
    return result_of(query.execute(sql).read_all())


@request
def delta_datafusion(directory):
    return delta_query(directory, "SELECT * FROM t")


@request
def delta_state(directory):
    table = deltalake.DeltaTable(directory)
    prefix = directory.rstrip("/") + "/"
    return {
        "version": table.version(),
        "files": sorted(uri.removeprefix(prefix) for uri in table.file_uris()),
        "operations": [entry["operation"] for entry in table.history()],
        "txn": table.transaction_version("sluice/main"),
        "partition_columns": table.metadata().partition_columns,
    }


@request
def delta_append(directory, copy, id):
    """Adds a row that is the same as another but for its id."""
    table = deltalake.DeltaTable(directory)
    rows = table.to_pyarrow_table(filters=[("id", "=", copy)])
    index = rows.schema.get_field_index("id")
    rows = rows.set_column(index, rows.schema.field(index), [pa.array([id], pa.int64())])
    deltalake.write_deltalake(table, rows, mode="append")


@request
def delta_delete(directory, where):
    deltalake.DeltaTable(directory).delete(where)


@request
def delta_optimize(directory):
    return deltalake.DeltaTable(directory).optimize.compact()


@request
def delta_checkpoint(directory):
    deltalake.DeltaTable(directory).create_checkpoint()


@request
def delta_cleanup(directory):
    """Removes commits that a checkpoint stands for, if they are old enough."""
    deltalake.DeltaTable(directory).cleanup_metadata()


def value_of(cell):
    """The reverse of `cell`, for values that are not nested."""
    if not isinstance(cell, str):
        return cell
    kind, text = cell[0], cell[2:]
    if kind == "i":
        return int(text)
    if kind == "f":
        return struct.unpack(">d", bytes.fromhex(text))[0]
    if kind == "t":
        return EPOCH + int(text) * MICROSECOND
    return text


def sql_of(cell):
    """A value as DataFusion writes it."""
    value = value_of(cell)
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, float):
        return f"arrow_cast('{value!r}', 'Float64')"
    if isinstance(value, datetime.datetime):
        return f"""arrow_cast({cell[2:]}, 'Timestamp(Microsecond, Some("UTC"))')"""
    return str(value)


OPERATORS = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@request
def delta_where(directory, conditions):
    """The ids of the rows that readers find, all of which skip files by their statistics."""
    table = deltalake.DeltaTable(directory)
    dataset = table.to_pyarrow_dataset()
    query = deltalake.QueryBuilder().register("t", table)

    def found(path, op, value):
        column, *members = path
        field = pc.field(*path) if members else pc.field(column)
        series = polars.col(column)
        sql = f'"{column}"'
        for member in members:
            series = series.struct.field(member)
            sql = f"{sql}['{member}']"
        if op == "is null":
            field, series, sql = field.is_null(), series.is_null(), f"{sql} IS NULL"
        elif op == "is not null":
            field, series, sql = field.is_valid(), series.is_not_null(), f"{sql} IS NOT NULL"
        else:
            compare, constant = OPERATORS[op], value_of(value)
            field = compare(field, pa.scalar(constant))
            series = compare(series, polars.lit(constant))
            sql = f"{sql} {op} {sql_of(value)}"
        answers = {
            "pyarrow": dataset.to_table(columns=["id"], filter=field),
            "polars": polars.scan_delta(table).filter(series).select("id").collect().to_arrow(),
            "datafusion": query.execute(f"SELECT id FROM t WHERE {sql}").read_all(),
        }
        return {
            reader: sorted(pa.table(answer)["id"].to_pylist())
            for reader, answer in answers.items()
        }

    return [found(*condition) for condition in conditions]


@request
def count_windows(directory, length_seconds):
    """Counts rows, distinct events, and rows whose directory or file is not that of their time."""
    dataset = ds.dataset(directory, format="parquet", partitioning="hive")
    columns = ["event_id", "event_timestamp", "year", "month", "day", "__filename"]
    table = dataset.to_table(columns=columns)
    time = table["event_timestamp"]
    name = pc.extract_regex(table["__filename"], r"/(?P<start>[0-9]{8}T[0-9]{6})Z-[^/]*$")
    start = pc.strptime(pc.struct_field(name, "start"), "%Y%m%dT%H%M%S", "us")
    since = pc.subtract(pc.cast(time, pa.int64()), pc.cast(start, pa.int64()))
    in_window = pc.and_(
        pc.greater_equal(since, 0), pc.less(since, length_seconds * 1_000_000)
    )
    in_directory = pc.and_(
        pc.equal(pc.year(time), table["year"]),
        pc.and_(pc.equal(pc.month(time), table["month"]), pc.equal(pc.day(time), table["day"])),
    )
    right = pc.sum(pc.cast(pc.and_(in_window, in_directory), pa.int64())).as_py()
    return {
        "rows": table.num_rows,
        "events": pc.count_distinct(table["event_id"]).as_py(),
        "misplaced": table.num_rows - right,
    }


def main():
    for wanted in json.load(sys.stdin):
        name = wanted.pop("do")
        try:
            answer = {"result": REQUESTS[name](**wanted)}
        except BaseException as error:  # a panic of Rust is no Exception
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
    # Threads of the readers outlive the interpreter's end now and then, and abort the process.
    os._exit(0)


main()
