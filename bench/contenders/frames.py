"""The steps that the contenders in Python share: a pandas frame for each event, and pyarrow's
partitioned dataset."""

import json
from datetime import datetime, timezone

import pandas
import pyarrow
import pyarrow.parquet


def parse(line):
    event = json.loads(line)
    time = time_of(event)
    event["year"] = time.year
    event["month"] = time.month
    event["day"] = time.day
    return event


def time_of(event):
    return datetime.fromisoformat(event["event_timestamp"]).replace(tzinfo=timezone.utc)


def frame_of(event):
    return pandas.DataFrame([event])


def write(frame, output):
    # Newer pandas keeps the events' strings in chunks of one, which would become row groups of one.
    table = pyarrow.Table.from_pandas(frame).combine_chunks()
    pyarrow.parquet.write_to_dataset(
        table,
        root_path=output,
        partition_cols=["year", "month", "day", "page_url_path"],
        compression="snappy",
    )
