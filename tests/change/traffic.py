"""Those who ask a suite over and over, and keep the answers that nobody should get."""

import json
import threading
import time
from collections import Counter

import requests

SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"


class Client:
    """The administrator at a suite, in three protocols; every answer is a `requests.Response`."""

    def __init__(self, suite):
        self.url = suite.base_url
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"Bearer {suite.admin_token()}"

    def rest(self, path, method="GET", **kinds):
        return self.http.request(method, f"{self.url}/rest/v1/{path}", timeout=60, **kinds)

    def graphql(self, query):
        return self.http.post(f"{self.url}/graphql", json={"query": query}, timeout=60)

    def soap(self, message):
        text = f'<s:Envelope xmlns:s="{SOAP_12}" xmlns="urn:trivet:v1"><s:Body>{message}</s:Body></s:Envelope>'
        headers = {"Content-Type": "application/soap+xml"}
        return self.http.post(f"{self.url}/soap/v1", data=text.encode(), headers=headers, timeout=60)

    def documents(self):
        """What the three documents say, as text."""
        names = self.graphql("{ __schema { types { name fields { name } } } }")
        found = (self.rest("openapi.json"), names, self.http.get(f"{self.url}/soap/v1?wsdl", timeout=60))
        return [answer.text for answer in found if answer.status_code == 200]


class Inside:
    """The same three protocols, asked of the facades of a `tests.fixtures.guarded_store.Suite` in this process."""

    def __init__(self, suite, who):
        self.who = who
        self.rests, self.graphqls, self.soaps = (
            part.application.test_client() for part in (suite.rest, suite.graphql, suite.soap)
        )

    def rest(self, path, method="GET", **kinds):
        return self.rests.open(f"/rest/v1/{path}", method=method, headers=self.who.headers, **kinds)

    def graphql(self, query):
        return self.graphqls.post("/graphql", json={"query": query}, headers=self.who.headers)

    def soap(self, message):
        text = f'<s:Envelope xmlns:s="{SOAP_12}" xmlns="urn:trivet:v1"><s:Body>{message}</s:Body></s:Envelope>'
        headers = {"Content-Type": "application/soap+xml", **self.who.headers}
        return self.soaps.post("/soap/v1", data=text.encode(), headers=headers)


class Traffic:
    """Asks over and over, each question in a thread of its own, for the time of a ``with``.

    ``bad`` keeps the answers that are neither good nor a 503 that says when to come back.
    """

    def __init__(self, questions):
        self.questions = questions
        self.good = Counter()
        self.later = Counter()
        self.bad = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=item, daemon=True) for item in questions.items()]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def wait_for_each(self, more=1):
        """Until each question has had that many more good answers."""
        before = dict(self.good)
        deadline = time.monotonic() + 60
        while any(self.good[name] < before.get(name, 0) + more for name in self.questions):
            assert not self.bad, self.bad[:3]
            assert time.monotonic() < deadline, f"no good answer: {before} {self.good} {self.later} {self.bad[-3:]}"
            time.sleep(0.02)

    def _ask(self, name, ask):
        while not self._over.is_set():
            try:
                answer, is_good = ask()
            except requests.RequestException as fault:
                self.bad.append((name, repr(fault)))
                continue
            if answer.status_code == 503 and "Retry-After" in answer.headers:
                self.later[name] += 1
                time.sleep(0.05)
            elif is_good(answer):
                self.good[name] += 1
                time.sleep(0.005)
            else:
                self.bad.append((name, answer.status_code, answer.text[:300]))


def plain(answer):
    """A good answer of REST or SOAP."""
    return answer.status_code < 300


def no_errors(answer):
    """A good answer of GraphQL."""
    return answer.status_code == 200 and "errors" not in json.loads(answer.text)


def answered(answer):
    """An answer that blames nobody but the caller, in the words of each protocol."""
    return answer.status_code < 500
