"""Prints the end of each new token that an event of watchdog leads to: watch.py WATCHED FILE"""

import sys
import threading

from watchdog.events import FileSystemEventHandler
from watchdog.observers import Observer

watched, file = sys.argv[1:]


class Handler(FileSystemEventHandler):
    last = open(file).read()

    def on_any_event(self, event):
        # Reading is an event too.
        if event.event_type in ("opened", "closed_no_write"):
            return
        token = open(file).read()
        if token != self.last:
            self.last = token
            print(token[-16:], flush=True)


observer = Observer()
observer.schedule(Handler(), watched)
observer.start()
print("watching", flush=True)
threading.Event().wait()
