"""Host, auth type and headers equal the official SDK's for every row of credentials/table.py."""

import json
import os
import re
from pathlib import Path

import pytest
from credentials.endpoints import Endpoints
from credentials.sides import official, ours
from credentials.table import ROWS, Row
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

SOURCE = Path(__file__).parents[2] / "src" / "auth"
RESOURCE = "x-databricks-azure-workspace-resource-id"
SECRETS = ("old-login", "refresh-login", "served-token", "s3cret", "default-token", "dev-token", "PRIVATE KEY", "given-token", "id-in-file", "github-for-", "pipeline-token-")


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory):
    running = Endpoints(tmp_path_factory.mktemp("endpoints"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def words(endpoints):
    """The values of the placeholders in the table."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account",
        "client_email": "robot@p.iam",
        "private_key_id": "1",
        "private_key": key.decode(),
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    user = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
    return {"{loopback}": endpoints.url, "{google}": json.dumps(account), "{user}": json.dumps(user)}


def test_the_table_is_long_enough():
    assert len(ROWS) >= 40
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_every_credential_is_in_the_table():
    listed = re.findall(r'Method::new\(\s*"([^"]+)"', (SOURCE / "methods.rs").read_text())
    assert len(listed) > 15
    asked = {row.expect for row in ROWS} | {row.env.get("DATABRICKS_AUTH_TYPE") for row in ROWS}
    # These need a browser or a fixed address: tests/auth.rs and src/auth/azure_tests.rs cover them.
    assert set(listed) - asked == {"external-browser", "azure-msi"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_resolves_as_the_official_sdk(row: Row, endpoints, words, tmp_path):
    def fill(text: str) -> str:
        for word, meaning in {**words, "{home}": str(tmp_path)}.items():
            text = text.replace(word, meaning)
        return text

    bin = tmp_path / "bin"
    bin.mkdir()
    files = dict(row.files)
    if row.profiles is not None:
        files[".databrickscfg"] = row.profiles
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(fill(text))
    for name, text in row.commands.items():
        (bin / name).write_text(text)
        (bin / name).chmod(0o755)
    environment = {
        "HOME": str(tmp_path),
        "PATH": str(bin),
        "HTTPS_PROXY": endpoints.url,
        "NO_PROXY": "127.0.0.1,localhost",
        "REQUESTS_CA_BUNDLE": str(endpoints.authority),
        "SSL_CERT_FILE": str(endpoints.authority),
        # Keeps the developer's own keyring out of the tests.
        "DATABRICKS_AUTH_STORAGE": "plaintext",
        "TZ": os.environ.get("TZ", "UTC"),
        **{name: fill(value) for name, value in row.env.items()},
    }
    flags = {name: fill(value) for name, value in row.flags.items()}

    theirs = official(flags, environment, tmp_path, endpoints.seen if row.called else None)
    found = ours(flags, environment, tmp_path, endpoints.seen)

    assert (found.error and "refused" or found.auth_type) == row.expect, (found, theirs)
    assert row.says in found.error, found.error
    # The issued tokens, and the secrets they were requested with.
    given = [value.split(" ", 1)[-1] for name, value in found.headers.items() if name != RESOURCE]
    for secret in [*SECRETS, *given]:
        assert len(secret) < 4 or secret not in found.said
    if row.differs:
        assert found.summary != theirs.summary, "this differs no more: take out the reason"
    else:
        assert found.summary == theirs.summary, theirs.error
