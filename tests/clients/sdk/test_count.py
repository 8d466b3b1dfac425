"""Counts the SDK methods that the other tests here have used, so it needs a run of the whole folder."""


def test_at_least_120_methods_of_the_sdk_parse_what_the_sandbox_answers(sdk):
    services = {method.split(".")[0] for method in sdk.answered}
    print(f"{len(sdk.answered)} methods of {len(services)} services")
    assert len(sdk.answered) >= 120, sorted(sdk.answered)
