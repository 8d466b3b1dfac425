"""A wrapper of the SDK's client that records the methods whose answers it could parse."""

import functools
from types import GeneratorType


class Recorder:
    """Stands in for the client. Lists are read to the last page at once, so that every page is parsed."""

    def __init__(self, client):
        self._client = client
        self.answered = set()

    def __getattr__(self, service):
        return Service(getattr(self._client, service), service, self.answered)


class Service:
    """One service of the client."""

    def __init__(self, api, name, answered):
        self._api, self._name, self._answered = api, name, answered

    def __getattr__(self, name):
        method = getattr(self._api, name)

        @functools.wraps(method)
        def call(*arguments, **named):
            answer = method(*arguments, **named)
            if isinstance(answer, GeneratorType):
                answer = list(answer)
            self._answered.add(f"{self._name}.{name}")
            return answer

        return call
