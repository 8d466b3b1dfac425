"""Vector search: endpoints, indexes and their rows."""

import json

from databricks.sdk.service.vectorsearch import (
    DirectAccessVectorIndexSpec,
    EmbeddingVectorColumn,
    EndpointType,
    VectorIndexType,
)


def test_rows_are_found_by_their_vector(sdk):
    endpoint = sdk.vector_search_endpoints.create_endpoint_and_wait("sdk", EndpointType.STANDARD)
    assert "sdk" in [one.name for one in sdk.vector_search_endpoints.list_endpoints()]
    spec = DirectAccessVectorIndexSpec(
        embedding_vector_columns=[EmbeddingVectorColumn(name="v", embedding_dimension=2)],
        schema_json=json.dumps({"id": "string", "v": "array<float>"}),
    )
    name = "main.default.sdk_index"
    sdk.vector_search_indexes.create_index(
        name, endpoint.name, "id", VectorIndexType.DIRECT_ACCESS, direct_access_index_spec=spec
    )
    rows = json.dumps([{"id": "a", "v": [1, 0]}, {"id": "b", "v": [0, 1]}])
    assert sdk.vector_search_indexes.upsert_data_vector_index(name, rows).result.success_row_count == 2
    while not sdk.vector_search_indexes.get_index(name).status.ready:
        pass
    found = sdk.vector_search_indexes.query_index(name, ["id"], query_vector=[0.0, 1.0], num_results=1)
    assert found.result.data_array[0][0] == "b"
    sdk.vector_search_indexes.delete_data_vector_index(name, ["b"])
    assert name in [one.name for one in sdk.vector_search_indexes.list_indexes(endpoint.name)]
    sdk.vector_search_indexes.delete_index(name)
    sdk.vector_search_endpoints.delete_endpoint(endpoint.name)
    assert "sdk" not in [one.name for one in sdk.vector_search_endpoints.list_endpoints()]
