from tests.conftest import Deployment


def test_the_migrations_make_what_the_code_has(deployment: Deployment) -> None:
    assert "No new upgrade operations detected" in deployment.run("alembic", "check")


def test_each_can_be_taken_back(deployment: Deployment) -> None:
    deployment.run("alembic", "downgrade", "base")
    deployment.run("alembic", "upgrade", "head")


def test_their_sql_for_postgres_can_be_read_before_it_runs(deployment: Deployment) -> None:
    said = deployment.run("alembic", "upgrade", "head", "--sql", DATABASE_URL="postgresql://nobody@127.0.0.1:1/stock")
    assert "CREATE TABLE holdings" in said
    assert "TIMESTAMP WITH TIME ZONE" in said
