"""The workspace tree, Git folders and their credentials, secrets."""

import base64
import io

import pytest
from databricks.sdk.errors import NotFound, ResourceAlreadyExists, ResourceDoesNotExist
from databricks.sdk.service.workspace import AclPermission, ExportFormat, ImportFormat, Language, ObjectType


def text(exported):
    return base64.b64decode(exported.content).decode()


def test_the_tree(sdk):
    objects = sdk.workspace.list("/Shared", recursive=True)
    notebook = next(item for item in objects if item.object_type is ObjectType.NOTEBOOK)
    status = sdk.workspace.get_status(notebook.path)
    assert (status.object_id, status.language) == (notebook.object_id, notebook.language)
    assert "Databricks notebook source" in text(sdk.workspace.export(notebook.path, format=ExportFormat.SOURCE))
    folder = "/Shared/sdk"
    sdk.workspace.mkdirs(folder)
    content = base64.b64encode(b"print(1)\n").decode()
    sdk.workspace.import_(f"{folder}/one", content=content, format=ImportFormat.SOURCE, language=Language.PYTHON)
    with pytest.raises(ResourceAlreadyExists):
        sdk.workspace.import_(f"{folder}/one", content=content, format=ImportFormat.SOURCE, language=Language.PYTHON)
    assert sdk.workspace.download(f"{folder}/one").read() == b"# Databricks notebook source\nprint(1)\n"
    sdk.workspace.upload(f"{folder}/app.yml", io.BytesIO(b"name: app\n"), format=ImportFormat.RAW, overwrite=True)
    assert sdk.workspace.download(f"{folder}/app.yml").read() == b"name: app\n"
    sdk.workspace.delete(folder, recursive=True)
    with pytest.raises(NotFound):
        sdk.workspace.get_status(folder)


def test_git_folders(sdk):
    repo = sdk.repos.create("https://git.example.com/acme/etl.git", "gitHub", path="/Repos/you@example.com/sdk")
    assert (repo.branch, len(repo.head_commit_id)) == ("main", 40)
    sdk.repos.update(repo.id, branch="develop")
    shown = sdk.repos.get(repo.id)
    assert shown.branch == "develop" and shown.head_commit_id != repo.head_commit_id
    sdk.repos.update(repo.id, tag="v1")
    assert sdk.repos.get(repo.id).branch is None
    assert repo.id in [one.id for one in sdk.repos.list(path_prefix="/Repos")]
    assert sdk.workspace.get_status(repo.path).object_type is ObjectType.REPO
    sdk.repos.delete(repo.id)
    with pytest.raises(NotFound):
        sdk.repos.get(repo.id)


def test_git_credentials(sdk):
    made = sdk.git_credentials.create("gitHub", git_username="you", personal_access_token="hunter2")
    sdk.git_credentials.update(made.credential_id, "gitHub", git_username="other", personal_access_token="hunter3")
    assert sdk.git_credentials.get(made.credential_id).git_username == "other"
    assert [one.credential_id for one in sdk.git_credentials.list()] == [made.credential_id]
    sdk.git_credentials.delete(made.credential_id)
    assert sdk.git_credentials.list() == []


def test_secrets(sdk):
    scope = "sdk"
    sdk.secrets.create_scope(scope)
    assert scope in [one.name for one in sdk.secrets.list_scopes()]
    sdk.secrets.put_secret(scope, "token", string_value="hunter2")
    assert base64.b64decode(sdk.secrets.get_secret(scope, "token").value) == b"hunter2"
    assert [one.key for one in sdk.secrets.list_secrets(scope)] == ["token"]
    sdk.secrets.put_acl(scope, "data-team", AclPermission.READ)
    assert sdk.secrets.get_acl(scope, "data-team").permission is AclPermission.READ
    assert len(sdk.secrets.list_acls(scope)) == 2
    sdk.secrets.delete_acl(scope, "data-team")
    sdk.secrets.delete_secret(scope, "token")
    assert sdk.secrets.list_secrets(scope) == []
    sdk.secrets.delete_scope(scope)
    with pytest.raises(ResourceDoesNotExist):
        sdk.secrets.list_secrets(scope)
