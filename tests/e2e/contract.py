# SPDX-License-Identifier: AGPL-3.0-or-later
"""The API's own description, held against what is really asked and answered: every call of every scenario goes through here."""
import http.client
import json
import re

import jsonschema

API = "/api/v1"


def closed(schema):
    """The same schema, but what it does not name is not allowed: an answer must be described whole."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if made.get("type") == "object" and "properties" in made:
        made.setdefault("additionalProperties", False)
    return made


class Contract:
    def __init__(self, document):
        self.document = document
        schemas = document["components"]["schemas"]
        self.parts = {True: {"schemas": closed(schemas)}, False: {"schemas": schemas}}
        self.routes, self.validators = [], {}
        for path, methods in document["paths"].items():
            pattern = re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\w+\})", path)) + "$")
            for method, operation in methods.items():
                self.routes.append((method.upper(), path.count("{"), pattern, operation))
        self.routes.sort(key=lambda route: route[1])

    @classmethod
    def of(cls, port, connection=http.client.HTTPConnection):
        asked = connection("127.0.0.1", port, timeout=60)
        try:
            asked.request("GET", API + "/openapi.json")
            return cls(json.loads(asked.getresponse().read()))
        finally:
            asked.close()

    def operation(self, method, path):
        path = path.split("?")[0]
        return next((one for wanted, _, pattern, one in self.routes if wanted == method and pattern.match(path)), None)

    def faults(self, schema, value, whole):
        key = (id(schema), whole)
        if key not in self.validators:
            self.validators[key] = jsonschema.Draft202012Validator({**(closed(schema) if whole else schema), "components": self.parts[whole]})
        return [f"{'/'.join(map(str, fault.absolute_path)) or 'the body'}: {fault.message[:300]}" for fault in self.validators[key].iter_errors(value)]

    def check(self, method, path, sent, answer):
        """AssertionError when request and answer are not what the description promises; `path` without query is enough."""
        operation = self.operation(method, path)
        if operation is None:
            return
        what = f"{method} {path.split('?')[0]} -> {answer.status}"
        responses = operation["responses"]
        response = responses.get(str(answer.status), responses["default"])
        if answer.status < 300 and str(answer.status) not in responses:
            raise AssertionError(f"{what}: openapi.json knows no such answer; src/api/*_shapes.cpp describes it")
        content, kind = response.get("content", {}), answer.header("Content-Type").split(";")[0]
        if not content:
            if answer.body:
                raise AssertionError(f"{what}: a body where openapi.json has none")
        elif kind not in content and "*/*" not in content and method != "HEAD":
            raise AssertionError(f"{what}: {kind or 'no type'} where openapi.json has {', '.join(content)}")
        elif kind.endswith("json") and "schema" in content.get(kind, {}) and answer.body:
            faults = self.faults(content[kind]["schema"], json.loads(answer.body), True)
            if faults:
                raise AssertionError(f"{what}: not as openapi.json says: " + "; ".join(faults))
        asked = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if asked is not None and answer.status < 300 and isinstance(sent, (dict, list)):
            faults = self.faults(asked, sent, False)
            if faults:
                raise AssertionError(f"{what}: taken, though openapi.json does not allow it: " + "; ".join(faults))
