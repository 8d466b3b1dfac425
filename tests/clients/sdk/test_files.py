"""Files in DBFS and in volumes."""

import base64
import io

import pytest
from databricks.sdk.errors import AlreadyExists, NotFound, ResourceAlreadyExists

VOLUME = "/Volumes/main/default/landing"


def encoded(content):
    return base64.b64encode(content).decode()


def test_dbfs(sdk):
    folder = "/FileStore/sdk"
    sdk.dbfs.mkdirs(folder)
    sdk.dbfs.put(f"{folder}/a.txt", contents=encoded(b"one two"))
    with pytest.raises(ResourceAlreadyExists):
        sdk.dbfs.put(f"{folder}/a.txt", contents=encoded(b"three"))
    part = sdk.dbfs.read(f"{folder}/a.txt", offset=4, length=2)
    assert (part.bytes_read, base64.b64decode(part.data)) == (2, b"tw")
    handle = sdk.dbfs.create(f"{folder}/b.txt").handle
    for block in (b"first ", b"second"):
        sdk.dbfs.add_block(handle, encoded(block))
    sdk.dbfs.close(handle)
    sdk.dbfs.move(f"{folder}/b.txt", f"{folder}/c.txt")
    assert sdk.dbfs.get_status(f"{folder}/c.txt").file_size == 12
    assert [file.path for file in sdk.dbfs.list(folder)] == [f"{folder}/a.txt", f"{folder}/c.txt"]
    sdk.dbfs.upload(f"{folder}/long.bin", io.BytesIO(b"x" * 2_500_000))
    assert len(sdk.dbfs.download(f"{folder}/long.bin").read()) == 2_500_000
    assert sdk.dbfs.exists(folder)
    sdk.dbfs.delete(folder, recursive=True)
    assert not sdk.dbfs.exists(folder)


def test_volume_files(sdk):
    folder, file = f"{VOLUME}/sdk", f"{VOLUME}/sdk/a b.csv"
    sdk.files.create_directory(folder)
    sdk.files.get_directory_metadata(folder)
    sdk.files.upload(file, io.BytesIO(b"a,b\n1,2\n"))
    with pytest.raises(AlreadyExists):
        sdk.files.upload(file, io.BytesIO(b"c\n"), overwrite=False)
    metadata = sdk.files.get_metadata(file)
    assert metadata.content_length == 8 and metadata.last_modified.endswith("GMT")
    assert sdk.files.download(file).contents.read() == b"a,b\n1,2\n"
    [entry] = sdk.files.list_directory_contents(folder, page_size=1)
    assert (entry.name, entry.file_size, entry.is_directory) == ("a b.csv", 8, False)
    sdk.files.delete(file)
    sdk.files.delete_directory(folder)
    with pytest.raises(NotFound):
        sdk.files.get_directory_metadata(folder)


def test_a_part_of_a_file(fast, sdk):
    import requests

    sdk.files.upload(f"{VOLUME}/part.txt", io.BytesIO(b"0123456789"), overwrite=True)
    url = f"{fast.host}/api/2.0/fs/files{VOLUME}/part.txt"
    headers = {"Authorization": f"Bearer {fast.token}", "Range": "bytes=2-4"}
    answer = requests.get(url, headers=headers, timeout=60)
    assert (answer.status_code, answer.content) == (206, b"234")
    assert answer.headers["Content-Range"] == "bytes 2-4/10"
    beyond = requests.get(url, headers={**headers, "Range": "bytes=10-"}, timeout=60)
    assert beyond.status_code == 416


def test_a_file_in_parts(fast):
    import requests
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.core import Config

    config = Config(host=fast.host, token=fast.token, files_ext_multipart_upload_min_stream_size=1)
    client = WorkspaceClient(config=config)
    file, content = f"{VOLUME}/50% #1?.bin", bytes(range(256)) * 48_000
    headers = {"Authorization": f"Bearer {fast.token}"}

    def sandbox(verb, path):
        answer = requests.request(verb, fast.host + path, headers=headers, timeout=60)
        answer.raise_for_status()
        return answer.json()

    sandbox("POST", "/sandbox/expire-urls?count=1")
    client.files.upload(file, io.BytesIO(content), overwrite=False, part_size=5 << 20)
    assert client.files.download(file).contents.read() == content
    with pytest.raises(AlreadyExists):
        client.files.upload(file, io.BytesIO(b"x" * (6 << 20)), overwrite=False, part_size=5 << 20)
    assert client.files.download(file).contents.read() == content
    assert sandbox("GET", "/sandbox/uploads") == {"uploads": []}
