"""Related applications: a user each, with rights on its own database."""

from ops import testing


def test_a_client_is_told_as_mysql_k8s_tells_it(mysql):
    client = mysql.client()
    state = mysql.settle(client)
    [secret] = [secret for secret in state.secrets if secret.label == f"relation-{client.id}"]
    assert mysql.said(state, client) == {
        "database": "mlpipeline",
        "endpoints": "mysql-primary.edge.svc:3306",
        "read-only-endpoints": "mysql-primary.edge.svc:3306",
        "version": "8.4",
        "secret-user": secret.id,
    }
    assert secret.tracked_content.keys() == {"username", "password"}
    assert secret.remote_grants == {client.id: {"pipelines"}}


def test_a_client_that_reads_no_secrets_is_told_in_plain_text(mysql):
    client = mysql.client(secrets=False)
    state = mysql.settle(client)
    said = mysql.said(state, client)
    assert said["username"] == f"relation-{client.id}"
    assert said["password"] == mysql.secret(state, f"relation-{client.id}")["password"]
    assert "secret-user" not in said


def test_its_user_has_rights_on_its_own_database_alone(mysql):
    client = mysql.client("ml_pipeline")
    state = mysql.settle(client)
    user, word = f"'relation-{client.id}'@'%'", mysql.secret(state, f"relation-{client.id}")["password"]
    assert mysql.statements == [
        "SELECT DISTINCT user FROM mysql.user WHERE user LIKE 'relation-%';",
        "CREATE DATABASE IF NOT EXISTS `ml_pipeline` CHARACTER SET utf8mb4;",
        f"CREATE USER IF NOT EXISTS {user} IDENTIFIED BY '{word}';",
        f"ALTER USER {user} IDENTIFIED BY '{word}' ACCOUNT UNLOCK;",
        rf"GRANT ALL PRIVILEGES ON `ml\_pipeline`.* TO {user};",
    ]


def test_no_password_is_on_a_command_line(mysql):
    mysql.settle(mysql.client())
    for item in mysql.deployment.context.exec_history["mysql"]:
        assert item.command == [
            "mysql",
            "--defaults-extra-file=/run/mysql/client.cnf",
            "--batch",
            "--skip-column-names",
        ]
        assert not item.environment


def test_users_are_made_once(mysql):
    state = mysql.settle(mysql.client())
    before = len(mysql.statements)
    mysql.again(state)
    assert len(mysql.statements) == before


def test_two_clients_have_two_users(mysql):
    one, two = mysql.client("mlpipeline"), mysql.client("katib")
    state = mysql.settle(one, two)
    words = {mysql.secret(state, f"relation-{client.id}")["password"] for client in (one, two)}
    assert len(words) == 2
    assert {mysql.said(state, client)["database"] for client in (one, two)} == {"mlpipeline", "katib"}


def test_a_client_that_asks_for_nothing_yet_is_told_nothing(mysql):
    silent = testing.Relation("database", remote_app_name="pipelines")
    state = mysql.settle(silent)
    assert mysql.said(state, silent) == {}
    assert state.unit_status == testing.ActiveStatus()


def test_a_user_goes_with_its_relation_and_its_database_stays(mysql):
    client = mysql.client()
    state = mysql.settle(client)
    user = f"relation-{client.id}"
    mysql.stdout = f"{user}\n"
    state = mysql.with_execs(state)
    state = mysql.deployment.run(mysql.deployment.context.on.relation_broken(state.get_relation(client.id)), state)
    assert mysql.statements[-1] == f"DROP USER IF EXISTS '{user}'@'%';"
    assert not any("DROP DATABASE" in statement for statement in mysql.statements)
    assert user not in {secret.label for secret in state.secrets}


def test_its_password_goes_with_its_relation_where_another_unit_leads(mysql, monkeypatch):
    client = mysql.client()
    state = mysql.settle(client)
    monkeypatch.setattr("charm_mysql.holds", lambda unit: False)
    relation = state.get_relation(client.id)
    state = mysql.deployment.run(mysql.deployment.context.on.relation_broken(relation), mysql.with_execs(state))
    assert f"relation-{client.id}" not in {secret.label for secret in state.secrets}


def test_a_client_that_falls_silent_keeps_its_user(mysql):
    silent = testing.Relation("database", remote_app_name="pipelines")
    mysql.stdout = f"relation-{silent.id}\n"
    mysql.settle(silent)
    assert not any("DROP" in statement for statement in mysql.statements)


def test_mysqls_own_databases_are_nobodys(mysql):
    client, other = mysql.client("mysql"), mysql.client("katib")
    state = mysql.settle(client, other)
    assert "relation database: pipelines sends invalid data: the database mysql is MySQL's own" in (
        state.unit_status.message
    )
    assert mysql.said(state, client) == {}
    assert mysql.said(state, other)["database"] == "katib"


def test_a_client_that_asks_for_more_rights_is_named_and_gets_its_database(mysql):
    client = mysql.client(**{"extra-user-roles": "admin"})
    state = mysql.settle(client)
    assert state.unit_status.message.startswith("pipelines asks for the roles admin, expected none")
    assert "secret-user" in mysql.said(state, client)


def test_nothing_is_told_while_the_server_refuses_a_user_nor_shown_what_it_refused(mysql):
    client = mysql.client()
    refusing = testing.Exec(
        ("mysql",), return_code=1, stderr="ERROR 1064 (42000): You have an error near 'IDENTIFIED BY word'\n"
    )
    container = testing.Container("mysql", can_connect=True, execs={refusing})
    state = mysql.settle(client, containers={container})
    message = state.unit_status.message
    assert "waiting for MySQL to take its users (ERROR 1064 (42000): You have an error)" in message
    assert mysql.said(state, client) == {}
