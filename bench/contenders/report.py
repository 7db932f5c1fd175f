"""What every contender in Python is: see report.ts."""

import json
import resource
import sys
from importlib.metadata import version
from time import perf_counter, process_time


def contend(run, packages):
    """Runs a contender, a function of the input file and the output directory."""
    job = json.loads(sys.argv[1])
    cpu_before = process_time()
    started = perf_counter()
    run(job["input"], job["output"])
    seconds = perf_counter() - started
    report = {
        "seconds": seconds,
        "cpuSeconds": process_time() - cpu_before,
        "peakBytes": peak_bytes(),
        "versions": {
            "python": sys.version.split()[0],
            **{package: version(package) for package in packages},
        },
    }
    print(json.dumps(report))


def peak_bytes():
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
