#!/usr/bin/python3
"""Welcomes who sends the token that stands in a file, on 127.0.0.1:8080."""

import http.server
import sys


class Door(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(sys.argv[1], encoding="ascii") as file:
            wanted = "Bearer " + file.read()
        welcome = self.headers.get("Authorization") == wanted
        self.send_response(200 if welcome else 401)
        self.end_headers()
        self.wfile.write(b"welcome\n" if welcome else b"no\n")


http.server.HTTPServer(("127.0.0.1", 8080), Door).serve_forever()
