"""The loop that people write with Descope's Python SDK: exchange, write, sleep; SIGUSR1 renews at once.

python_sdk.py BASE_URL PROJECT_ID KEY_FILE OUTPUT
"""

import os
import signal
import sys
import threading

from descope import DescopeClient


def main():
    base_url, project, key, output = sys.argv[1:]
    nudged = threading.Event()
    signal.signal(signal.SIGUSR1, lambda *_: nudged.set())
    client = DescopeClient(project, base_url=base_url)
    while True:
        with open(key, encoding="ascii") as file:
            session = client.exchange_access_key(file.read().strip())
        with open(output + ".new", "w", encoding="ascii") as file:
            file.write(session["sessionToken"]["jwt"])
        os.replace(output + ".new", output)
        nudged.wait(3600)
        nudged.clear()


main()
