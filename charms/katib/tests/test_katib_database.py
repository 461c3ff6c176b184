import subprocess

MANAGER, CONTROLLER, PAGE = "katib-db-manager", "katib-controller", "katib-ui"
LOGIN = "/etc/katib-db-manager/login"
AUTHORITY = "/etc/katib-db-manager/database-ca.crt"
DATABASE = {"endpoints": "postgresql:5432", "username": "u", "password": "w"}
WORD = "word'of the database"


def test_without_a_database_it_says_what_to_type_and_the_rest_runs(katib):
    state = katib.settle(databags={"relational-db": None})
    assert "juju integrate katib:relational-db" in state.unit_status.message
    assert katib.program(state, CONTROLLER)
    assert katib.program(state, PAGE)


def test_the_login_of_the_database_is_in_a_file_of_the_manager_alone(katib):
    state = katib.settle()
    file = katib.deployment.files[MANAGER][LOGIN]
    assert file.mode == 0o600
    assert "export DB_PASSWORD='word'\"'\"'of the database'\n" in file.text
    assert "export KATIB_MYSQL_DB_HOST=mysql-primary.edge.svc.cluster.local\n" in file.text
    assert "export KATIB_MYSQL_DB_DATABASE=katib\n" in file.text
    assert f". {LOGIN} && exec /app/katib-db-manager" in katib.program(state, MANAGER).command
    public = [str(katib.cluster.objects), *(str(item.plan.to_dict()) for item in state.containers)]
    assert WORD not in " ".join(public)


def test_it_asks_for_a_database_of_its_own(katib):
    assert katib.sent(katib.settle(), "relational-db")["database"] == "katib"


def test_postgresql_takes_the_place_of_mysql(katib):
    state = katib.with_postgresql()
    assert katib.sent(state, "relational-db-postgresql")["database"] == "katib"
    lines = set(katib.login().splitlines())
    assert {
        "export DB_NAME=postgres",
        "export KATIB_POSTGRESQL_DB_HOST=postgresql-k8s-primary.edge.svc.cluster.local",
        "export KATIB_POSTGRESQL_DB_PORT=5432",
        "export KATIB_POSTGRESQL_SSL_MODE=disable",
    } < lines
    assert AUTHORITY not in katib.deployment.files[MANAGER]


def test_a_word_for_postgresql_reaches_it_whole_whatever_is_in_it(katib):
    katib.with_postgresql(password="a b\\c'd")
    environment = subprocess.run(
        ["/bin/sh", "-c", f"{katib.login()}printenv DB_PASSWORD"], capture_output=True, text=True, check=True
    )
    assert environment.stdout == "'a b\\\\c\\'d'\n"


def test_where_postgresql_wants_tls_its_certificate_is_checked_if_it_says_who_signs_it(katib):
    katib.with_postgresql(**{"tls": "True", "tls-ca": "PEM"})
    assert f"KATIB_POSTGRESQL_SSL_MODE='verify-ca sslrootcert={AUTHORITY}'\n" in katib.login()
    assert katib.deployment.files[MANAGER][AUTHORITY].text == "PEM"
    katib.with_postgresql(tls="True")
    assert "KATIB_POSTGRESQL_SSL_MODE=require\n" in katib.login()


def test_with_both_databases_it_says_which_to_take_away(katib):
    state = katib.settle(databags={"relational-db-postgresql": DATABASE})
    assert "juju remove-relation katib:relational-db-postgresql" in state.unit_status.message
    assert katib.program(state, CONTROLLER)
