from kubeflow_charms.interfaces.k8s_service import Service
from kubeflow_charms.interfaces.kubeflow_profiles import KUBEFLOW_PROFILES, NOTEBOOKS, Caller

PRINCIPAL = "cluster.local/ns/edge/sa/notebooks"


def test_a_published_dashboard_is_a_caller_without_a_role():
    assert KUBEFLOW_PROFILES.requirer is not None
    assert KUBEFLOW_PROFILES.requirer.decode({"_supported_versions": "- v1\n"}) == Caller(role="")


def test_an_application_that_says_nothing_yet_is_one_too():
    assert KUBEFLOW_PROFILES.requirer is not None
    assert KUBEFLOW_PROFILES.requirer.decode({}) == Caller(role="")


def test_a_caller_says_who_it_is_beside_the_versions_that_a_published_charm_reads():
    assert KUBEFLOW_PROFILES.requirer is not None
    caller = Caller(role=NOTEBOOKS, principal=PRINCIPAL)
    databag = KUBEFLOW_PROFILES.requirer.encode(caller, {})
    assert databag == {"_supported_versions": '["v1"]', "role": "notebooks", "principal": PRINCIPAL}
    assert KUBEFLOW_PROFILES.requirer.decode(databag) == caller


def test_the_service_is_told_in_the_published_format():
    assert KUBEFLOW_PROFILES.provider is not None
    assert KUBEFLOW_PROFILES.provider.encode(Service(name="kubeflow-profiles.edge", port=8081), {}) == {
        "_supported_versions": '["v1"]',
        "data": '{"service-name": "kubeflow-profiles.edge", "service-port": "8081"}',
    }
