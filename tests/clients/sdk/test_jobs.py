"""Jobs and their runs."""

import base64

import pytest
from databricks.sdk.errors import NotFound
from databricks.sdk.service.jobs import (
    CronSchedule,
    JobSettings,
    NotebookTask,
    RepairHistoryItemType,
    RunLifeCycleState,
    RunResultState,
    RunType,
    SubmitTask,
    Task,
    TaskDependency,
)
from databricks.sdk.service.workspace import Language

NOTEBOOK = NotebookTask(notebook_path="/Shared/etl/ingest")


def test_seeded_jobs(sdk):
    jobs = sdk.jobs.list(limit=25)
    assert len({job.job_id for job in jobs}) == len(jobs) > 50, "every page, no job twice"
    [named] = sdk.jobs.list(name="nightly-etl")
    job = sdk.jobs.get(named.job_id)
    assert {task.task_key for task in job.settings.tasks} == {"ingest", "orders", "customers", "publish"}
    run = sdk.jobs.run_now(job.job_id).result()
    assert run.state.life_cycle_state is RunLifeCycleState.TERMINATED
    assert run.state.result_state is RunResultState.SUCCESS
    again = sdk.jobs.get_run(run.run_id)
    assert again.end_time >= again.start_time > 0 and len(again.tasks) == 4


def test_a_job_lives(sdk):
    second = Task(task_key="b", depends_on=[TaskDependency("a")], notebook_task=NOTEBOOK)
    schedule = CronSchedule(quartz_cron_expression="0 0 6 * * ?", timezone_id="UTC")
    tasks = [Task(task_key="a", notebook_task=NOTEBOOK), second]
    job = sdk.jobs.create(name="sdk", tasks=tasks, schedule=schedule).job_id
    assert sdk.jobs.get(job).settings.schedule.quartz_cron_expression == "0 0 6 * * ?"
    assert [one.job_id for one in sdk.jobs.list(name="SDK", expand_tasks=True)] == [job]
    run = sdk.jobs.run_now(job, job_parameters={"day": "1"}).result()
    assert [task.task_key for task in run.tasks] == ["a", "b"]
    output = sdk.jobs.get_run_output(run.tasks[0].run_id)
    assert output.metadata.state.result_state is RunResultState.SUCCESS and "sandbox ran no code" in output.info
    assert "Ingest" in sdk.jobs.export_run(run.tasks[0].run_id).views[0].content
    sdk.jobs.update(job, new_settings=JobSettings(name="renamed"), fields_to_remove=["schedule", "tasks/b"])
    settings = sdk.jobs.get(job).settings
    assert (settings.name, settings.schedule, len(settings.tasks)) == ("renamed", None, 1)
    assert [one.run_id for one in sdk.jobs.list_runs(job_id=job)] == [run.run_id]
    sdk.jobs.delete_run(run.run_id)
    assert sdk.jobs.list_runs(job_id=job) == []
    sdk.jobs.reset(job, JobSettings(name="reset", tasks=[second, tasks[0]]))
    assert sdk.jobs.get(job).settings.name == "reset"
    sdk.jobs.delete(job)
    with pytest.raises(NotFound):
        sdk.jobs.get(job)


def test_a_failed_run_is_repaired(sdk):
    path = "/Shared/sdk-late"
    job = sdk.jobs.create(name="late", tasks=[Task(task_key="a", notebook_task=NotebookTask(notebook_path=path))])
    failed = sdk.jobs.run_now(job.job_id).result()
    assert failed.state.result_state is RunResultState.FAILED
    run = failed.run_id
    assert "Notebook not found" in sdk.jobs.get_run_output(run).error
    sdk.workspace.import_(path, content=base64.b64encode(b"SELECT 1\n").decode(), language=Language.SQL)
    repaired = sdk.jobs.repair_run(run, rerun_all_failed_tasks=True).result()
    assert repaired.state.result_state is RunResultState.SUCCESS
    history = sdk.jobs.get_run(run, include_history=True).repair_history
    assert [item.type for item in history] == [RepairHistoryItemType.ORIGINAL, RepairHistoryItemType.REPAIR]


def test_runs_are_submitted_and_cancelled(sdk):
    run = sdk.jobs.submit(run_name="once", tasks=[SubmitTask(task_key="a", notebook_task=NOTEBOOK)]).result()
    assert run.state.result_state is RunResultState.SUCCESS
    assert run.run_id in [one.run_id for one in sdk.jobs.list_runs(run_type=RunType.SUBMIT_RUN)]
    [endless] = sdk.jobs.list(name="clickstream-ingest")
    for _ in range(2):
        started = sdk.jobs.run_now(endless.job_id).response.run_id
        cancelled = sdk.jobs.cancel_run(started).result()
        assert cancelled.state.result_state is RunResultState.CANCELED
    sdk.jobs.run_now(endless.job_id)
    sdk.jobs.cancel_all_runs(job_id=endless.job_id)
