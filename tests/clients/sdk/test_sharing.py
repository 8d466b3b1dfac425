"""Shares and recipients; settings of the workspace."""

import pytest
from databricks.sdk.errors import NotFound
from databricks.sdk.service.settings import ListType
from databricks.sdk.service.sharing import (
    AuthenticationType,
    SharedDataObject,
    SharedDataObjectDataObjectType,
    SharedDataObjectUpdate,
    SharedDataObjectUpdateAction,
)


def test_shares(sdk):
    sdk.shares.create("sdk", comment="made here")
    table = SharedDataObject(
        name="samples.nyctaxi.trips", data_object_type=SharedDataObjectDataObjectType.TABLE
    )
    add = SharedDataObjectUpdate(action=SharedDataObjectUpdateAction.ADD, data_object=table)
    sdk.shares.update("sdk", updates=[add])
    assert [one.name for one in sdk.shares.get("sdk", include_shared_data=True).objects] == ["samples.nyctaxi.trips"]
    assert "sdk" in [share.name for share in sdk.shares.list_shares()]
    sdk.shares.share_permissions("sdk")
    sdk.shares.delete("sdk")
    with pytest.raises(NotFound):
        sdk.shares.get("sdk")


def test_recipients(sdk):
    sdk.recipients.create("sdk", AuthenticationType.TOKEN, comment="made here")
    assert sdk.recipients.get("sdk").authentication_type is AuthenticationType.TOKEN
    sdk.recipients.update("sdk", comment="changed")
    assert "sdk" in [recipient.name for recipient in sdk.recipients.list()]
    sdk.recipients.delete("sdk")
    with pytest.raises(NotFound):
        sdk.recipients.get("sdk")
    sdk.providers.list()


def test_ip_access_lists(sdk):
    made = sdk.ip_access_lists.create("office", ListType.ALLOW, ip_addresses=["203.0.113.0/24"]).ip_access_list.list_id
    sdk.ip_access_lists.update(made, label="home")
    assert sdk.ip_access_lists.get(made).ip_access_list.label == "home"
    assert made in [one.list_id for one in sdk.ip_access_lists.list()]
    sdk.ip_access_lists.delete(made)
    assert made not in [one.list_id for one in sdk.ip_access_lists.list()]


def test_settings(sdk):
    sdk.workspace_conf.set_status({"enableTokensConfig": "true"})
    assert sdk.workspace_conf.get_status("enableTokensConfig")["enableTokensConfig"] == "true"
