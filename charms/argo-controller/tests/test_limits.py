import pytest

WEEK = 7 * 86400


def test_by_default_what_has_ended_goes_after_a_week(argo):
    argo.settle()
    assert argo.defaults()["ttlStrategy"] == {"secondsAfterCompletion": WEEK}


def test_pods_of_a_workflow_that_succeeded_go_at_once_or_nearly(argo):
    argo.settle()
    assert argo.defaults()["podGC"] == {"strategy": "OnWorkflowSuccess", "deleteDelayDuration": "5m"}


def test_files_in_the_store_stay(argo):
    argo.settle()
    assert "artifactGC" not in argo.defaults()


def test_times_are_the_options(argo):
    argo.settle(
        config={"ttl-after-completion": "12h", "ttl-after-success": "30m", "ttl-after-failure": "90s"},
    )
    assert argo.defaults()["ttlStrategy"] == {
        "secondsAfterCompletion": 43200,
        "secondsAfterSuccess": 1800,
        "secondsAfterFailure": 90,
    }


def test_everything_may_stay_for_ever(argo):
    argo.settle(config={"ttl-after-completion": "", "pod-gc": "Never"})
    assert argo.defaults() == {}


def test_files_may_go_with_their_workflow(argo):
    argo.settle(config={"artifact-gc": "OnWorkflowDeletion"})
    assert argo.defaults()["artifactGC"] == {"strategy": "OnWorkflowDeletion"}


def test_numbers_of_workflows_that_stay_are_the_options(argo):
    argo.settle(config={"keep-succeeded": 10, "keep-failed": 20, "keep-errored": 30})
    assert argo.settings()["retentionPolicy"] == {"completed": 10, "failed": 20, "errored": 30}


def test_by_default_none_goes_for_its_number(argo):
    argo.settle()
    assert "retentionPolicy" not in argo.settings()


def test_where_one_number_is_set_all_others_stay(argo):
    argo.settle(config={"keep-failed": 20})
    assert argo.settings()["retentionPolicy"] == {"completed": 2**31 - 1, "failed": 20, "errored": 2**31 - 1}


def test_by_default_any_number_of_workflows_runs_at_once(argo):
    argo.settle()
    assert {"parallelism", "namespaceParallelism"} & argo.settings().keys() == set()


def test_limits_of_what_runs_at_once_are_the_options(argo):
    argo.settle(config={"parallelism": 8, "namespace-parallelism": 2})
    assert (argo.settings()["parallelism"], argo.settings()["namespaceParallelism"]) == (8, 2)


def test_the_containers_beside_each_step_fit_into_a_namespace_with_a_quota(argo):
    argo.settle()
    resources = argo.settings()["executor"]["resources"]
    assert {"cpu", "memory"} == resources["requests"].keys() == resources["limits"].keys()


def test_the_containers_beside_each_step_start_in_a_pod_that_refuses_root_though_their_image_names_no_user(argo):
    argo.settle()
    context = argo.settings()["executor"]["securityContext"]
    assert context["runAsUser"] > 0
    assert (context["runAsNonRoot"], context["allowPrivilegeEscalation"]) == (True, False)


@pytest.mark.parametrize("option", ["parallelism", "keep_failed"])
def test_a_limit_that_is_read_at_the_start_alone_restarts_the_controller(argo, option):
    before = argo.settle()
    after = argo.reconfigure(before, **{option: 3})
    assert argo.service(after) != argo.service(before)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("bucket", "My Bucket", "option bucket: it is no bucket's name, expected 3 to 63 small letters"),
        ("key_format", "all", "option key-format: two steps would share one place, expected a path with {{pod.name}}"),
        ("key_format", "{{a/{{pod.name}}", "option key-format: a variable is not closed"),
        ("executor_image", "", "option executor-image: '' is no image"),
        ("parallelism", -1, "option parallelism: -1 is no number of workflows, expected 0 for no limit"),
        ("namespace_parallelism", -1, "option namespace-parallelism: -1 is no number"),
        (
            "ttl_after_completion",
            "a week",
            "option ttl-after-completion: it is no time, expected for example 30m",
        ),
        ("ttl_after_success", "99999d", "option ttl-after-success: it is no time"),
        ("ttl_after_failure", "7", "option ttl-after-failure: it is no time"),
        ("keep_succeeded", -5, "option keep-succeeded: -5 is no number of workflows"),
        ("pod_gc", "Always", "option pod-gc: it is unknown, expected one of OnPodCompletion"),
        ("artifact_gc", "never", "option artifact-gc: it is unknown, expected one of OnWorkflowCompletion"),
        ("memory", "much", "option memory: it is no quantity"),
    ],
)
def test_a_bad_option_blocks_naming_it_and_what_is_expected(argo, option, value, message):
    assert message in argo.blocked(**{option: value})


def test_what_accompanies_a_step_leaves_the_cluster_by_the_models_proxy(argo, monkeypatch):
    monkeypatch.setenv("JUJU_CHARM_HTTPS_PROXY", "http://proxy:3128")
    state = argo.settle()
    variables = {item["name"]: item["value"] for item in argo.settings()["executor"]["env"]}
    assert variables["HTTPS_PROXY"] == "http://proxy:3128"
    assert argo.service(state).environment["HTTPS_PROXY"] == "http://proxy:3128"
