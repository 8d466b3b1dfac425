"""Every token service on loopback: over plain http, and behind a proxy that answers for the real names.

A token says how it was asked for (a digest of the request), so equal headers mean equal requests.
"""

import base64
import datetime
import hashlib
import json
import ssl
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NAMES = [
    "acme.cloud.databricks.com",
    "accounts.cloud.databricks.com",
    "silent.cloud.databricks.com",
    "adb-1.azuredatabricks.net",
    "adb-2.databricks.azure.us",
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "management.azure.com",
    "oauth2.googleapis.com",
    "iamcredentials.googleapis.com",
]
FAR = 4_070_908_800  # 2099-01-01


class Endpoints:
    """The running services; `seen` has the headers of the workspace calls."""

    def __init__(self, folder: Path):
        self.authority, pair = certificates(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair)
        self.seen: list[dict[str, str]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self, context))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def certificates(folder: Path) -> tuple[Path, Path]:
    """A private certificate authority, and one certificate for all the names."""
    now = datetime.datetime.now(datetime.timezone.utc)

    def certificate(subject, issuer, key, signer, extensions):
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    root, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    authority = certificate("test", "test", root, root, [(x509.BasicConstraints(True, None), True), (usage, True)])
    names = x509.SubjectAlternativeName([x509.DNSName(name) for name in NAMES])
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key())
    server = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH])
    served = certificate("services", "test", leaf, root, [(names, False), (issuer, False), (server, False)])
    key = leaf.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "authority.pem").write_bytes(authority)
    (folder / "services.pem").write_bytes(key + served)
    return folder / "authority.pem", folder / "services.pem"


def web_token(claims: dict) -> str:
    """An unsigned JSON web token."""

    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part(claims)}.sig"


def claims(token: str) -> dict:
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def digest(*parts) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def handler(endpoints: Endpoints, context: ssl.SSLContext):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        secure = False

        def log_message(self, *_):
            pass

        def do_CONNECT(self):
            self.send_response(200)
            self.end_headers()
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb", buffering=0)
            self.secure = True
            self.close_connection = False

        def do_GET(self):
            self.serve("GET", b"")

        def do_POST(self):
            self.serve("POST", self.rfile.read(int(self.headers.get("content-length", 0))))

        def say(self, answer, status=200, location=None):
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            if location:
                self.send_header("location", location)
            self.end_headers()
            self.wfile.write(body)

        def serve(self, verb, body):
            url = urllib.parse.urlsplit(self.path)
            host = self.headers["host"].split(":")[0] if self.secure else self.headers["host"]
            base = f"https://{host}" if self.secure else endpoints.url
            path = url.path
            query = dict(urllib.parse.parse_qsl(url.query))
            if path == "/api/2.0/preview/scim/v2/Me":
                kept = {
                    name.lower(): value
                    for name, value in self.headers.items()
                    if name.lower() == "authorization" or name.lower().startswith("x-databricks-")
                }
                endpoints.seen.append({"host": base, **kept})
                return self.say({"id": "1", "userName": "me@example.com"})
            if path == "/.well-known/databricks-config" and not host.startswith("silent"):
                if host.startswith("accounts."):
                    return self.say({"oidc_endpoint": base + "/oidc/accounts/{account_id}", "cloud": "AWS"})
                return self.say({"oidc_endpoint": f"{base}/oidc", "account_id": "acc-1", "workspace_id": "123"})
            if path.endswith("/.well-known/oauth-authorization-server"):
                root = base + path.removesuffix("/.well-known/oauth-authorization-server")
                return self.say({"authorization_endpoint": f"{root}/v1/authorize", "token_endpoint": f"{root}/v1/token"})
            if path in ("/aad/auth", "/oidc/oauth2/v2.0/authorize"):
                directory = "login.microsoftonline.us" if host.endswith(".us") else "login.microsoftonline.com"
                return self.say({}, 302, f"https://{directory}/tenant-9/oauth2/authorize")
            if path.startswith("/subscriptions/"):
                return self.say({"properties": {"workspaceUrl": "adb-1.azuredatabricks.net"}})
            if path == "/metadata":
                asked = [self.headers[f"x-databricks-{name}"] for name in ("metadata-version", "host")]
                return self.say({"access_token": "md-" + digest(asked), "token_type": "Bearer", "expires_on": FAR})
            if path == "/github" and self.headers["authorization"] == "Bearer job":
                return self.say({"value": "github-for-" + query["audience"]})
            if path.endswith("/oidctoken") and self.headers["authorization"] == "Bearer pipeline":
                return self.say({"oidcToken": "pipeline-token-" + digest(verb, self.path)})
            if host == "iamcredentials.googleapis.com":
                asked = {name: value for name, value in json.loads(body).items() if value}
                asked = digest(path, asked, self.headers["authorization"])
                if path.endswith(":generateIdToken"):
                    return self.say({"token": web_token({"exp": FAR, "asked": asked})})
                return self.say({"accessToken": "g-" + asked, "expireTime": "2099-01-01T00:00:00Z"})
            if verb == "POST" and path.endswith("/token"):
                return self.token(host, path, dict(urllib.parse.parse_qsl(body.decode())))
            return self.say({"error_code": "NOT_FOUND", "message": f"nothing at {path}"}, 404)

        def token(self, host, path, form):
            if "assertion" in form:
                # Compare the claims; the time and the signature differ each time.
                said = claims(form.pop("assertion"))
                form["assertion"] = {name: said[name] for name in said if name not in ("iat", "exp")}
            basic = self.headers["authorization"] or ""
            basic = base64.b64decode(basic.removeprefix("Basic ")).decode()
            if "wrong" in (basic + form.get("client_secret", "")):
                answer = {"error": "invalid_client", "error_description": "Client authentication failed"}
                return self.say(answer, 401)
            asked = digest(host if self.secure else "", path, form, basic)
            answer = {"access_token": f"at-{asked}", "token_type": "Bearer", "expires_in": 3600}
            if host.startswith("login."):
                answer["expires_in"] = "3600"
            if "target_audience" in str(form):
                answer = {"id_token": web_token({"exp": FAR, "asked": asked})}
            return self.say(answer)

    return Handler
