# SPDX-License-Identifier: AGPL-3.0-or-later
"""A provider of OpenID Connect on this machine: discovery, keys, codes with PKCE, ID tokens signed with RS256 or ES256; honest unless told to lie."""
import base64
import hashlib
import http.server
import json
import secrets
import threading
import time
import urllib.parse

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value):
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class Key:
    def __init__(self, name, algorithm="RS256"):
        self.name, self.algorithm = name, algorithm
        self.secret = rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else ec.generate_private_key(ec.SECP256R1())

    def public(self):
        numbers = self.secret.public_key().public_numbers()
        if self.algorithm == "RS256":
            return {"kty": "RSA", "kid": self.name, "use": "sig", "alg": "RS256", "n": number(numbers.n), "e": number(numbers.e)}
        return {"kty": "EC", "crv": "P-256", "kid": self.name, "use": "sig", "alg": "ES256", "x": b64(numbers.x.to_bytes(32, "big")), "y": b64(numbers.y.to_bytes(32, "big"))}

    def sign(self, data):
        if self.algorithm == "RS256":
            return self.secret.sign(data, padding.PKCS1v15(), hashes.SHA256())
        r, s = utils.decode_dss_signature(self.secret.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class Provider:
    client_id, client_secret = "letopis", "тайна клиента / 1+1"

    def __init__(self):
        self.keys, self.published, self.codes, self.seen = [Key("k1")], None, {}, []
        self.claims, self.lie, self.answer = {}, None, None
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                provider.get(self)

            def do_POST(self):
                provider.post(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}/realm"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    @staticmethod
    def say(handler, value, status=200, **headers):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        handler.send_response(status)
        for name, text in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), text)
        handler.end_headers()
        try:
            handler.wfile.write(body)
        except OSError:
            pass  # who asked had enough

    def get(self, handler):
        self.seen.append(handler.path)
        if self.answer:
            return self.answer(handler)
        if handler.path == "/realm/.well-known/openid-configuration":
            return self.say(handler, {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/auth", "token_endpoint": self.issuer + "/token", "jwks_uri": self.issuer + "/keys"})
        if handler.path == "/realm/keys":
            return self.say(handler, {"keys": [key.public() for key in (self.published or self.keys)]})
        return self.say(handler, {}, 404)

    def post(self, handler):
        form = dict(urllib.parse.parse_qsl(handler.rfile.read(int(handler.headers["Content-Length"])).decode()))
        given = base64.b64decode(handler.headers.get("Authorization", "Basic ").split(" ")[1]).decode()
        if given != ":".join(urllib.parse.quote(one, safe="") for one in (self.client_id, self.client_secret)):
            return self.say(handler, {"error": "invalid_client"}, 401)
        asked = self.codes.pop(form["code"], None)
        proof = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if not asked or asked["redirect_uri"] != form["redirect_uri"] or asked["code_challenge"] != proof:
            return self.say(handler, {"error": "invalid_grant"}, 400)
        token = self.token({"nonce": asked["nonce"]})
        return self.say(handler, {"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": token})

    def token(self, claims):
        now = int(time.time())
        return self.signed({"iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 300, **claims, **self.claims})

    def logout_token(self, **claims):
        """Back-Channel Logout 1.0, section 2.4; a claim that is None is left out."""
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 120, "jti": secrets.token_urlsafe(12),
                  "events": {"http://schemas.openid.net/event/backchannel-logout": {}}, **claims}
        return self.signed({name: value for name, value in claims.items() if value is not None}, "logout+jwt")

    def signed(self, claims, kind="JWT"):
        key, head = self.keys[0], {"alg": self.keys[0].algorithm, "kid": self.keys[0].name, "typ": kind}
        if self.lie == "none":
            return b64(json.dumps({"alg": "none"}).encode()) + "." + b64(json.dumps(claims).encode()) + "."
        if self.lie == "hmac":  # the public key taken for a shared secret
            head["alg"] = "HS256"
        text = b64(json.dumps(head).encode()) + "." + b64(json.dumps(claims).encode())
        if self.lie == "hmac":
            mac = hmac.HMAC(json.dumps(key.public()).encode(), hashes.SHA256())
            mac.update(text.encode())
            return text + "." + b64(mac.finalize())
        if self.lie == "stranger":
            key = Key(key.name, key.algorithm)
        signature = key.sign(text.encode())
        if self.lie == "spoiled":
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        return text + "." + b64(signature)

    def visit(self, url, **claims):
        """What a browser does at the provider: the person agrees; the query that it is sent back with."""
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
        assert asked["code_challenge_method"] == "S256" and asked["response_type"] == "code" and asked["client_id"] == self.client_id, asked
        code = secrets.token_urlsafe(16)
        self.codes[code], self.claims = asked, claims
        return {"state": asked["state"], "code": code, "iss": self.issuer}
