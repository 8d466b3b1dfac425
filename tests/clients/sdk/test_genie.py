"""Genie spaces and their conversations."""

from databricks.sdk.service.dashboards import MessageStatus


def test_a_question_is_answered_by_sql_that_ran(sdk):
    space = next(space for space in sdk.genie.list_spaces().spaces if space.title == "Shop sales")
    question = "Which countries bring in the most revenue?"
    message = sdk.genie.start_conversation_and_wait(space.space_id, question)
    assert message.status is MessageStatus.COMPLETED
    query = next(part for part in message.attachments if part.query)
    where = (space.space_id, message.conversation_id, message.message_id)
    result = sdk.genie.get_message_attachment_query_result(*where, query.attachment_id).statement_response
    assert result.manifest.schema.columns[0].name == "country"
    assert len(result.result.data_array) == result.manifest.total_row_count
    more = sdk.genie.create_message_and_wait(*where[:2], "How many products are there?")
    assert "products" in more.attachments[0].query.query
    assert sdk.genie.get_message(*where[:2], more.message_id).id == more.message_id
    listed = sdk.genie.list_conversation_messages(*where[:2]).messages
    assert [one.message_id for one in listed] == [message.message_id, more.message_id]
    assert where[1] in [one.conversation_id for one in sdk.genie.list_conversations(where[0]).conversations]


def test_spaces(sdk, fast):
    made = sdk.genie.create_space(fast.warehouse_id, '{"version": 1}', title="sdk")
    assert sdk.genie.update_space(made.space_id, title="renamed").title == "renamed"
    assert sdk.genie.get_space(made.space_id, include_serialized_space=True).serialized_space == '{"version": 1}'
    sdk.genie.trash_space(made.space_id)
    assert made.space_id not in [space.space_id for space in sdk.genie.list_spaces().spaces]
