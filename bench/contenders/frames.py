"""The steps that the contenders in Python share: a pandas frame for each event, frames of a window
and page concatenated one by one, and pyarrow's partitioned dataset."""

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


def append(frames, frame):
    return pandas.concat([frames, frame])


def write(frame, output):
    pyarrow.parquet.write_to_dataset(
        pyarrow.Table.from_pandas(frame),
        root_path=output,
        partition_cols=["year", "month", "day", "page_url_path"],
        compression="zstd",
    )
