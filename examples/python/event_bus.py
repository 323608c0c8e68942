"""What a Python service needs to take part in the event bus on Redis Streams.

The channel is the stream of that name, an event is the JSON in the field `body` of an entry. The service reads with a
consumer group of its own: several processes of it share the events, and a stopped one finds them when it is back.

An event is settled after its work. What the work publishes, the mark that it was done and the acknowledgement are one
transaction of Redis: whatever dies in between, either all of it happened or none.
"""

import json
import signal
import socket
import sys
import uuid
from datetime import datetime, timezone

import redis

# An event that was taken and not settled for this long goes to whoever reads next. Work must be shorter.
LEASE_MS = 30_000
# Deliveries before an event is put aside.
MAX_ATTEMPTS = 5
# How long a processed event is remembered.
REMEMBER_S = 7 * 24 * 3600
# For ids of effects; any UUID that stays the same.
NAMESPACE = uuid.UUID("8d0c2a53-7a39-4c0e-9f0e-2f7a4a3b5c61")


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def caused_by(cause, event_type, payload, source):
    """A new event that follows from another: same correlation, one hop more, and an id that repeated work repeats."""
    identity = "\n".join([cause["source"], cause["event_id"], source, event_type])
    return {
        "event_id": f"evt_{uuid.uuid5(NAMESPACE, identity)}",
        "event_type": event_type,
        "event_version": "1.0",
        "occurred_at": now(),
        "source": source,
        "subject": cause.get("subject"),
        "payload": payload,
        "metadata": {
            "correlation_id": cause["metadata"]["correlation_id"],
            "causation_id": cause["event_id"],
            "hops": cause["metadata"].get("hops", 0) + 1,
            "timestamp": now(),
        },
    }


class Consumer:
    """Calls `work(event)` for each event of the given types; it returns the events that follow, or raises."""

    def __init__(self, url, group, types, work, channel="events", lease_ms=LEASE_MS):
        self.redis = redis.Redis.from_url(url, decode_responses=True)
        self.group, self.types, self.work, self.channel, self.lease_ms = group, types, work, channel, lease_ms
        self.name = socket.gethostname()
        self.stopping = False

    def run(self):
        """Until SIGTERM or Ctrl+C. The event in hand is finished first."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._stop)
        try:
            self.redis.xgroup_create(self.channel, self.group, id="$", mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
        print(f"{self.group} listens to {', '.join(self.types)}", flush=True)
        while not self.stopping:
            for entry_id, fields in self._left_behind() + self._next():
                self._process(entry_id, fields)

    def _next(self):
        found = self.redis.xreadgroup(self.group, self.name, {self.channel: ">"}, count=1, block=1000)
        return found[0][1] if found else []

    def _left_behind(self):
        """What failed before, or was taken by a process that died."""
        _, entries, *_ = self.redis.xautoclaim(self.channel, self.group, self.name, self.lease_ms, count=1)
        return entries

    def _process(self, entry_id, fields):
        try:
            event = self._event(entry_id, fields)
            if event["event_type"] not in self.types:
                self.redis.xack(self.channel, self.group, entry_id)
                return
            # The braces keep the key beside the stream when Redis is a cluster.
            done = f"service:{{{self.channel}}}:{self.group}:{event['source']}:{event['event_id']}"
            effects = [] if self.redis.exists(done) else self.work(event)
        except Exception as error:  # whatever it was, the event stays ours until it is settled
            self._failed(entry_id, fields, error)
            return
        settle = self.redis.pipeline(transaction=True)
        for effect in effects:
            settle.xadd(self.channel, {"body": json.dumps(effect)})
        settle.set(done, entry_id, ex=REMEMBER_S)
        settle.xack(self.channel, self.group, entry_id)
        settle.execute()
        print(f"{self.group} has processed {event['event_type']} {event['event_id']}", flush=True)

    def _event(self, entry_id, fields):
        """Events of services that give only a type and a payload are completed."""
        event = json.loads(fields["body"])
        event.setdefault("event_id", f"{self.channel}/{entry_id}")
        event.setdefault("source", f"unknown/{self.channel}")
        event.setdefault("metadata", {}).setdefault("correlation_id", f"corr_{event['event_id']}")
        return event

    def _failed(self, entry_id, fields, error):
        """Tried again when the lease is over; after the last attempt it is put aside for a person."""
        print(f"{self.group} failed at {entry_id}: {error!r}", file=sys.stderr, flush=True)
        [pending] = self.redis.xpending_range(self.channel, self.group, entry_id, entry_id, 1)
        if pending["times_delivered"] < MAX_ATTEMPTS:
            return
        settle = self.redis.pipeline(transaction=True)
        settle.xadd(f"service:{{{self.channel}}}:{self.group}:dead", {**fields, "error": repr(error)})
        settle.xack(self.channel, self.group, entry_id)
        settle.execute()

    def _stop(self, *_):
        self.stopping = True
