"""Prints the events of a topic, a line of JSON each, and the state of the connection on standard error.

    python3 examples/python/watch.py localhost 3000 todos
"""

import argparse
import json
import logging

from galley_client import Galley


def position(text: str) -> dict:
    epoch, offset = text.split(":")
    return {"epoch": epoch, "offset": int(offset)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Prints the events of a topic as they come.")
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("topic")
    parser.add_argument("--after", type=position, metavar="EPOCH:OFFSET", help="continue after this position")
    parser.add_argument("--binary", action="store_true", help="use CBOR instead of JSON")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    events = Galley(options.host, options.port, options.binary).subscribe(options.topic, options.after)
    logging.info("after %s", json.dumps(events.position))
    for kind, params in events:
        print(json.dumps({"kind": kind, **params}), flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
