"""Users, groups, service principals and permissions."""

import pytest
from databricks.sdk.errors import NotFound
from databricks.sdk.service.iam import AccessControlRequest, Patch, PatchOp, PermissionLevel


def test_current_user(sdk):
    me = sdk.current_user.me()
    assert "@" in me.user_name and me.active


def test_users(sdk):
    made = sdk.users.create(user_name="sdk@example.com", display_name="Sdk")
    sdk.users.patch(made.id, operations=[Patch(op=PatchOp.REPLACE, path="displayName", value="Other")])
    assert sdk.users.get(made.id).display_name == "Other"
    assert [user.id for user in sdk.users.list(filter='userName eq "sdk@example.com"')] == [made.id]
    sdk.users.delete(made.id)
    with pytest.raises(NotFound):
        sdk.users.get(made.id)


def test_groups(sdk):
    made = sdk.groups.create(display_name="sdk")
    sdk.groups.patch(made.id, operations=[Patch(op=PatchOp.REPLACE, path="displayName", value="other")])
    assert sdk.groups.get(made.id).display_name == "other"
    assert made.id in [group.id for group in sdk.groups.list()]
    sdk.groups.delete(made.id)
    with pytest.raises(NotFound):
        sdk.groups.get(made.id)


def test_service_principals(sdk):
    made = sdk.service_principals.create(display_name="sdk")
    assert sdk.service_principals.get(made.id).application_id
    assert made.id in [one.id for one in sdk.service_principals.list()]
    sdk.service_principals.delete(made.id)
    with pytest.raises(NotFound):
        sdk.service_principals.get(made.id)


def test_permissions(sdk):
    [job, *_] = sdk.jobs.list()
    id = str(job.job_id)
    wanted = [AccessControlRequest(group_name="users", permission_level=PermissionLevel.CAN_VIEW)]
    sdk.permissions.update("jobs", id, access_control_list=wanted)
    shown = sdk.permissions.get("jobs", id).access_control_list
    assert "users" in [one.group_name for one in shown]
    sdk.permissions.set("jobs", id, access_control_list=[])
    assert sdk.permissions.get_permission_levels("jobs", id).permission_levels


def test_tokens(sdk):
    made = sdk.tokens.create(comment="sdk")
    assert made.token_info.token_id in [token.token_id for token in sdk.tokens.list()]
    sdk.tokens.delete(made.token_info.token_id)
    assert made.token_info.token_id not in [token.token_id for token in sdk.tokens.list()]
