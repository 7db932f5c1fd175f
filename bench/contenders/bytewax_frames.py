"""The tutorial's dataflow in the newest Bytewax: parse, key by page, append each event's frame to
that of its window, write."""

from datetime import datetime, timedelta, timezone

import bytewax.operators as op
import bytewax.operators.windowing as windowing
from bytewax.connectors.files import FileSource
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main
from frames import frame_of, parse, time_of, write
from pandas import concat
from report import contend


class Dataset(DynamicSink):
    def __init__(self, output):
        self._output = output

    def build(self, _step_id, _worker_index, _worker_count):
        return DatasetPartition(self._output)


class DatasetPartition(StatelessSinkPartition):
    def __init__(self, output):
        self._output = output

    def write_batch(self, items):
        for _page, (_window, frame) in items:
            write(frame, self._output)


def append(frames, event):
    frame = frame_of(event)
    return frame if frames is None else concat([frames, frame])


def run(input, output):
    flow = Dataflow("streams_to_parquet")
    lines = op.input("lines", flow, FileSource(input))
    events = op.map("parse", lines, parse)
    pages = op.key_on("page", events, lambda event: event["page_url_path"])
    windows = windowing.fold_window(
        "hour",
        pages,
        windowing.EventClock(time_of, wait_for_system_duration=timedelta(seconds=10)),
        windowing.TumblingWindower(
            length=timedelta(hours=1), align_to=datetime(2022, 1, 1, tzinfo=timezone.utc)
        ),
        builder=lambda: None,
        folder=append,
        merger=lambda a, b: concat([a, b]),
        ordered=False,
    )
    op.output("dataset", windows.down, Dataset(output))
    run_main(flow)


contend(run, ["bytewax", "pandas", "pyarrow"])
