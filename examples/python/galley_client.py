"""A client for Galley's messages over TCP, in Python's standard library alone; see docs/protocol.md.

    galley = Galley("localhost", 3000)
    galley.request("POST /api/todos", body={"title": "milk"})
    for kind, params in galley.subscribe("todos"):
        print(kind, params)

It has no thread: it reads, and answers the server's pings, while you wait for a response or an event. After two heartbeats
without a call the server closes the connection; the next call reconnects and continues after the last position.
"""

import json
import logging
import random
import socket
import time
from collections import deque

from galley_cbor import CborFrames

log = logging.getLogger("galley")


class RequestError(Exception):
    """The response is an error. Its code is an HTTP status, or a negative code of JSON-RPC."""

    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['message']}")
        self.code, self.data = error["code"], error.get("data")


class GoneAway(Exception):
    """The server ended the connection, and reconnecting would not help."""


class JsonLines:
    preface, rest = b"", b""

    def encode(self, message):
        return json.dumps(message, separators=(",", ":"), allow_nan=False).encode() + b"\n"

    def feed(self, chunk):
        *lines, self.rest = (self.rest + chunk).split(b"\n")
        return map(json.loads, lines)


class Galley:
    def __init__(self, host, port, binary=False, tls=None):
        """`tls` is an ssl.SSLContext, for a server with a certificate."""
        self.address, self.tls, self.form = (host, port), tls, CborFrames if binary else JsonLines
        self.socket, self.subscriptions, self.last_id, self.failures = None, {}, 0, 0

    def request(self, method, **params):
        """Returns the result of a method such as `GET /api/todos`. On OSError the outcome is unknown."""
        try:
            self.connect()
            result, self.failures = self.call(method, params), 0
            return result
        except OSError as error:
            self.lose(error)
            raise

    def subscribe(self, topic, after=None, window=1000):
        """Follows a topic after a position, or from now on."""
        subscription = self.subscriptions[topic] = Subscription(self, topic, after, window)
        self.steadily(subscription.start)
        return subscription

    def steadily(self, step):
        """Runs a step, again after each reconnect when the connection breaks."""
        while True:
            try:
                self.connect()
                return step()
            except OSError as error:
                self.lose(error)

    def connect(self):
        if self.socket:
            return
        if self.failures:  # Full jitter: a random delay up to a limit that doubles, so that not all clients reconnect at once.
            time.sleep(random.uniform(0, min(30, 0.1 * 2**self.failures)))
        self.socket = socket.create_connection(self.address, timeout=10)
        if self.tls:
            self.socket = self.tls.wrap_socket(self.socket, server_hostname=self.address[0])
        self.wire, self.inbox, self.responses = self.form(), deque(), {}
        self.socket.sendall(self.wire.preface)
        welcome = self.call("hello", {"versions": [1], "client": "galley-python"})
        self.socket.settimeout(welcome["heartbeatMs"] / 1000)
        log.info("connected")

    def lose(self, error):
        log.warning("disconnected: %s", error)
        self.failures += 1
        self.close()

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None

    def call(self, method, params):
        self.last_id += 1
        self.send(id=(call_id := self.last_id), method=method, params=params)
        while call_id not in self.responses:
            self.take_message()
        response = self.responses.pop(call_id)
        if "error" in response:
            raise RequestError(response["error"])
        return response["result"]

    def send(self, **message):
        self.socket.sendall(self.wire.encode({"jsonrpc": "2.0", **message}))

    def take_message(self):
        """Waits for one message and handles it."""
        while not self.inbox:
            self.inbox.extend(self.wire.feed(self.hear()))
        message = self.inbox.popleft()
        method, params = message.get("method"), message.get("params", {})
        if method is None:
            self.responses[message["id"]] = message
        elif method == "ping":
            self.send(method="pong")
        elif method == "goaway":
            self.close()
            raise (ConnectionError if params["reconnect"] else GoneAway)(f"{params['code']} {params['reason']}")
        elif method in ("event", "gap") and params["topic"] in self.subscriptions:
            self.subscriptions[params["topic"]].take(method, params)

    def hear(self):
        try:
            chunk = self.socket.recv(65536)
        except TimeoutError:  # Silent for a heartbeat: ping, and give up after another one.
            self.send(method="ping")
            chunk = self.socket.recv(65536)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        return chunk


class Subscription:
    """Yields ("event", params) for each event, in order and once, or ("gap", params) where some are lost: load the state again.

    An event of a row that was changed or deleted since has the data None: a later event has what the row is now.
    `position` covers all events that it yielded. Store it with their effect, and subscribe after it the next time.
    """

    def __init__(self, galley, topic, after, window):
        self.galley, self.topic, self.position, self.window = galley, topic, after, window
        self.socket, self.queue, self.newest, self.acked = None, deque(), 0, 0

    def __iter__(self):
        return self

    def __next__(self):
        return self.galley.steadily(self.step)

    def start(self):
        """Subscribes after the position on a new connection."""
        self.queue.clear()
        after = {"after": self.position} if self.position else {}
        result = self.galley.call("subscribe", {"topic": self.topic, "window": self.window, **after})
        self.socket, self.newest = self.galley.socket, result["position"]["offset"]
        self.acked = self.newest
        if result["recovered"] or not self.position:
            self.position = result["position"]
        else:
            self.queue.append(("gap", result))

    def take(self, kind, params):
        offset = params["offset"] if kind == "event" else params["position"]["offset"]
        if kind == "event" and offset != self.newest + 1:
            raise ConnectionError(f"event {offset} came after {self.newest}")
        self.newest = offset
        self.queue.append((kind, params))

    def step(self):
        if self.socket is not self.galley.socket:
            self.start()
        if self.position["offset"] - self.acked >= self.window / 2:
            self.acked = self.position["offset"]
            self.galley.send(method="ack", params={"topic": self.topic, "offset": self.acked})
        while not self.queue:
            self.galley.take_message()
        kind, params = self.queue.popleft()
        self.position = params["position"] if kind == "gap" else {**self.position, "offset": params["offset"]}
        self.galley.failures = 0
        return kind, params
