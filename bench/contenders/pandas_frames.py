"""The tutorial's way without its engine: windows of an hour and their pages in a dictionary."""

from datetime import datetime, timedelta, timezone

from frames import append, frame_of, parse, time_of, write
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
            page = event["page_url_path"]
            frame = frame_of(event)
            pages[page] = append(pages[page], frame) if page in pages else frame
            for closed in [start for start in windows if start + HOUR <= latest - LATENESS]:
                write_pages(windows.pop(closed), output)
    for pages in windows.values():
        write_pages(pages, output)


def write_pages(pages, output):
    for frame in pages.values():
        write(frame, output)


contend(run, ["pandas", "pyarrow"])
