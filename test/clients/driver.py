"""Does with the Python client what the lines of its standard input say, and answers each with lines of JSON."""

import json
import ssl
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "python"))

from galley_cbor import decode, encode  # noqa: E402
from galley_client import Galley, GoneAway, RequestError  # noqa: E402


def say(**answer):
    print(json.dumps(answer), flush=True)


def request(galley, method, **params):
    say(result=galley.request(method, **params))


def follow(galley, topic, count, after=None, window=1000):
    subscription = galley.subscriptions.get(topic)
    if subscription is None:
        subscription = galley.subscribe(topic, after, window)
        say(position=subscription.position)
    for _ in range(count):
        kind, params = next(subscription)
        say(kind=kind, **params)
    say(position=subscription.position)


def to_cbor(galley, value):
    say(hex=encode(value).hex())


def from_cbor(galley, hex):
    say(value=decode(bytes.fromhex(hex))[0])


def main(port, form, certificate=None):
    tls = ssl.create_default_context(cafile=certificate) if certificate else None
    galley = Galley("127.0.0.1", int(port), binary=form == "binary", tls=tls)
    for line in sys.stdin:
        action, params = json.loads(line)
        try:
            globals()[action](galley, **params)
        except RequestError as error:
            say(error=error.code, data=error.data)
        except GoneAway as error:
            say(gone=str(error))
        except (OSError, ValueError) as error:
            say(failed=type(error).__name__)


main(*sys.argv[1:])
