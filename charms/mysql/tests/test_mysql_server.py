"""The server: its options, its files, and the one unit that holds the data."""

import configparser

import pytest
from ops import testing


def configuration(mysql):
    parser = configparser.ConfigParser(allow_no_value=True)
    parser.read_string(mysql.files["/run/mysql/server.cnf"].text)
    return parser


def test_it_is_active(mysql):
    assert mysql.settle().unit_status == testing.ActiveStatus()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"memory": ""}, "option memory: '' is too little, expected at least 448Mi"),
        ({"memory": "300Mi"}, "option memory: it is too little, expected at least 448Mi"),
        ({"memory": "lots"}, "option memory: it is no quantity"),
        ({"memory": "500m"}, "option memory: it is too little"),
        ({"max_connections": 5}, "option max-connections: 5 is out of range, expected 10 to 10000"),
        ({"backup_bucket": "Mine"}, "option backup-bucket: it is no bucket's name"),
    ],
)
def test_a_bad_option_blocks_by_its_name(mysql, options, message):
    assert message in mysql.blocked(**options)


def test_a_pod_of_a_profile_cannot_connect(mysql):
    mysql.settle()
    everybody, rule = mysql.deployment.cluster.find("NetworkPolicy", "mysql")["spec"]["ingress"]
    assert [(port["port"], port["endPort"]) for port in everybody["ports"]] == [(1, 3305), (3307, 65535)]
    assert (rule["ports"][0]["port"], ["namespaceSelector"]) == (3306, [key for peer in rule["from"] for key in peer])


def test_a_bad_option_leaves_what_runs(mysql):
    state = mysql.settle()
    after = mysql.reconfigure(state, memory="1Mi")
    assert isinstance(after.unit_status, testing.BlockedStatus)
    assert after.get_container("mysql").plan == state.get_container("mysql").plan


@pytest.mark.parametrize(
    ("memory", "mebibytes"), [("448Mi", 64), ("600Mi", 128), ("1Gi", 384), ("2Gi", 1024), ("8G", 4352)]
)
def test_the_buffer_pool_follows_the_memory_limit(mysql, memory, mebibytes):
    mysql.settle(config={"memory": memory})
    assert int(configuration(mysql)["mysqld"]["innodb-buffer-pool-size"]) == mebibytes * 1024 * 1024
    [container] = [
        item
        for item in mysql.deployment.stateful_set["spec"]["template"]["spec"]["containers"]
        if item["name"] == "mysql"
    ]
    assert container["resources"]["limits"]["memory"] == memory


def test_every_commit_is_on_the_disk_before_it_is_told(mysql):
    mysql.settle()
    server = configuration(mysql)["mysqld"]
    assert (server["innodb-flush-log-at-trx-commit"], server["innodb-doublewrite"]) == ("1", "ON")


def test_what_only_mysql_knows_is_in_a_group_of_its_version(mysql):
    mysql.settle()
    assert "authentication-policy" in configuration(mysql)["mysqld-8.4"]
    assert "authentication-policy" not in configuration(mysql)["mysqld"]


def test_connections_are_limited(mysql):
    mysql.settle(config={"max-connections": 77})
    assert configuration(mysql)["mysqld"]["max-connections"] == "77"


def test_the_administrators_password_is_generated_and_in_files_that_the_server_alone_reads(mysql):
    state = mysql.settle()
    word = mysql.secret(state, "root")["password"]
    for path in ("/run/mysql/client.cnf", "/run/mysql/administrator.sql"):
        assert word in mysql.files[path].text
        assert mysql.files[path].mode == 0o600
    assert word not in str(state.get_container("mysql").plan.to_dict())
    assert word not in str(mysql.deployment.cluster.objects)


def test_the_administrator_logs_in_inside_the_container_only(mysql):
    mysql.settle()
    assert mysql.files["/run/mysql/administrator.sql"].text.startswith("ALTER USER 'root'@'localhost' IDENTIFIED BY")


def test_the_password_is_shown(mysql):
    state = mysql.settle()
    shown = mysql.act(state, "get-password", username="root")
    assert shown == {"username": "root", "password": mysql.secret(state, "root")["password"]}


def test_the_password_of_nobody_is_not_shown(mysql):
    state = mysql.settle()
    with pytest.raises(testing.ActionFailed, match="there is no user relation-99, expected root, or relation-NUMBER"):
        mysql.act(state, "get-password", username="relation-99")


def test_a_service_leads_to_the_unit_with_the_data(mysql):
    mysql.settle()
    spec = mysql.deployment.cluster.find("Service", "mysql-primary")["spec"]
    assert spec["selector"] == {"statefulset.kubernetes.io/pod-name": "mysql-0"}


def test_a_second_unit_runs_nothing_and_says_what_to_type(mysql):
    mysql.deployment.context.unit_id = 1
    state = mysql.settle(planned_units=2)
    assert state.unit_status == testing.BlockedStatus(
        "mysql keeps its data on the storage of mysql/0 and runs only there, run: juju scale-application mysql 1"
    )
    assert not state.get_container("mysql").plan.services
