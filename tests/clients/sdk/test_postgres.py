"""Lakebase: projects and their parts, and the older instances."""

from databricks.sdk.service.database import DatabaseInstance
from databricks.sdk.service.postgres import Branch, BranchSpec, Project, ProjectSpec


def test_a_project_with_a_branch(sdk):
    project = sdk.postgres.create_project(Project(spec=ProjectSpec(display_name="SDK")), "sdk").wait()
    assert project.name == "projects/sdk"
    assert sdk.postgres.get_project(project.name).status.display_name == "SDK"
    spec = BranchSpec(source_branch=f"{project.name}/branches/production", no_expiry=True)
    branch = sdk.postgres.create_branch(project.name, Branch(spec=spec), "dev").wait()
    assert {one.name for one in sdk.postgres.list_branches(project.name)} == {
        f"{project.name}/branches/production",
        branch.name,
    }
    endpoint = next(iter(sdk.postgres.list_endpoints(branch.name)))
    assert endpoint.status.hosts.host
    production = f"{project.name}/branches/production"
    assert [one.status.postgres_database for one in sdk.postgres.list_databases(production)] == ["databricks_postgres"]
    assert len(sdk.postgres.list_roles(production)) == 1
    sdk.postgres.delete_branch(branch.name).wait()
    sdk.postgres.delete_project(project.name).wait()
    assert project.name not in [one.name for one in sdk.postgres.list_projects()]


def test_instances(sdk):
    made = sdk.database.create_database_instance_and_wait(DatabaseInstance(name="sdk", capacity="CU_1"))
    assert made.read_write_dns and sdk.database.get_database_instance("sdk").name == "sdk"
    sdk.database.delete_database_instance("sdk")
    assert "sdk" not in [one.name for one in sdk.database.list_database_instances()]
