"""Real servers on this machine, for tests of what sends messages: HTTP for webhooks, SMTP for mail."""

import json
import socket
import ssl
import threading
from base64 import b64decode
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer

TOKEN = "TIiajkdnlazkcOXrIdevi7FQ"  # noqa: S105 -- nobody's
PASSWORD = "correct-horse-battery"  # noqa: S105 -- nobody's


class Answering(BaseHTTPRequestHandler):
    """Keeps each request, and answers as its server is told."""

    def do_POST(self):
        server = self.server
        server.release.wait()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server.requests.append((self.command, self.path, dict(self.headers), body.decode()))
        server.came.set()
        status = server.next_statuses.pop(0) if server.next_statuses else server.status
        self.send_response(status, TOKEN)
        for name, value in server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(server.text)

    do_GET = do_PUT = do_POST  # noqa: N815 -- http.server's names

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    """An HTTP server; while `release` is not set it answers nobody."""

    daemon_threads = True
    status, text = 200, b"ok"

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answering)
        self.requests, self.headers, self.next_statuses = [], {}, []
        self.release, self.came = threading.Event(), threading.Event()
        self.release.set()

    def handle_error(self, *_):
        """Say nothing of those who hung up before the answer."""

    def url(self, path=f"/services/{TOKEN}"):
        return f"http://127.0.0.1:{self.server_port}{path}"

    @property
    def texts(self):
        return [json.loads(body) for *_, body in self.requests]


class MailTalk(StreamRequestHandler):
    """Speaks as much SMTP as it takes to be given a letter."""

    def handle(self):
        server = self.server
        server.release.wait()
        if server.encrypts == "ssl":
            self.encrypt()
        self.say(server.greeting)
        while line := self.rfile.readline().decode().strip():
            word, _, rest = line.upper().partition(" ")
            if word in server.answers:
                self.say(server.answers[word])
            elif word == "EHLO":
                self.say("\r\n".join([*(f"250-{one}" for one in ("here", *server.offers)), "250 8BITMIME"]))
            elif word == "STARTTLS" and server.encrypts:
                self.say("220 go on")
                self.encrypt()
            elif word == "AUTH":
                server.logins.append(b64decode(line.split()[-1]).decode().split("\0")[1:])
                self.say("235 ok")
            elif word == "RCPT" and (refused := server.refused.get(rest.partition("<")[2].partition(">")[0].lower())):
                self.say(refused)
            elif word == "DATA":
                self.say("354 go on")
                server.letters.append(message_from_bytes(self.letter(), policy=policy.default))
                self.say("250 ok")
            else:
                self.say("250 ok")

    def encrypt(self):
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self.setup()

    def finish(self):
        super().finish()
        self.request.close()

    def letter(self):
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line)
        return b"".join(lines)

    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())


class MailServer(ThreadingTCPServer):
    """An SMTP server; `answers` are for commands, `refused` for recipients."""

    daemon_threads = True
    greeting = "220 here"
    encrypts, context = None, None

    def __init__(self):
        super().__init__(("127.0.0.1", 0), MailTalk)
        self.letters, self.logins, self.offers = [], [], ["AUTH PLAIN"]
        self.answers, self.refused, self.release = {}, {}, threading.Event()
        self.release.set()

    def handle_error(self, *_):
        """Say nothing of those who hung up."""

    def encrypt(self, how, certificate):
        """Encrypt from the start ("ssl") or when told to ("starttls")."""
        self.encrypts, self.context = how, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.offers = ["AUTH PLAIN", "STARTTLS"]

    @property
    def port(self):
        return self.server_address[1]


@contextmanager
def serving(server):
    """Have a server serve meanwhile."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.release.set()
        server.shutdown()
        thread.join()
        server.server_close()


def free_port():
    """Give a port where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
