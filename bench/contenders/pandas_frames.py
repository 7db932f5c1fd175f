"""A pandas frame for each event without an engine, and kinder than the tutorial: the frames of a
window and page are concatenated at once, when the window closes."""

from datetime import datetime, timedelta, timezone

from frames import frame_of, parse, time_of, write
from pandas import concat
from report import contend

HOUR = timedelta(hours=1)
LATENESS = timedelta(seconds=10)


def run(input, output):
    windows = {}
    latest = datetime.min.replace(tzinfo=timezone.utc) + LATENESS
    with open(input) as lines:
        for line in lines:
            event = parse(line)
            time = time_of(event)
            latest = max(latest, time)
            start = time.replace(minute=0, second=0, microsecond=0)
            pages = windows.setdefault(start, {})
            pages.setdefault(event["page_url_path"], []).append(frame_of(event))
            for closed in [start for start in windows if start + HOUR <= latest - LATENESS]:
                write_pages(windows.pop(closed), output)
    for pages in windows.values():
        write_pages(pages, output)


def write_pages(pages, output):
    for frames in pages.values():
        write(concat(frames), output)


contend(run, ["pandas", "pyarrow"])
