"""What a notebook does: PyMySQL by itself, then SQLAlchemy with pandas. Prints JSON."""

import json
import sys

import pandas
import pymysql
import sqlalchemy

host, port, user, password, database, statement = sys.argv[1:]
found = {}

for name, options in {"rsa": {"ssl_disabled": True}, "tls": {"ssl": {"check_hostname": False}}}.items():
    connection = pymysql.connect(
        host=host, port=int(port), user=user, password=password, database=database, **options
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT id, file_name FROM shot WHERE id <= %s ORDER BY id", (2,))
        found[name] = [row[0] for row in cursor.fetchall()]
        cursor.execute("CREATE TEMPORARY TABLE several (n INT)")
        cursor.executemany("INSERT INTO several VALUES (%s)", [(n,) for n in range(100)])
        connection.rollback()
        cursor.execute("SHOW MODELS")
        found["models"] = [row[0] for row in cursor.fetchall()]
        try:
            cursor.execute("SELECT * FROM no_such_table")
        except pymysql.err.ProgrammingError as error:
            found["error"] = error.args[0]
        connection.ping(reconnect=False)

with pymysql.connect(
    host=host, port=int(port), user=user, password=password, database=database, cursorclass=pymysql.cursors.SSCursor
) as connection:
    with connection.cursor() as cursor:
        cursor.execute("SELECT a.id FROM shot a, shot b")
        found["streamed"] = sum(1 for _ in cursor)

url = sqlalchemy.URL.create("mysql+pymysql", user, password, host, int(port), database)
engine = sqlalchemy.create_engine(url, pool_size=2, pool_pre_ping=True)
frame = pandas.read_sql("SELECT id, file_name FROM shot", engine)
found["frame"] = list(frame.shape)
frame.to_sql("shot_copy", engine, if_exists="replace", index=False, method="multi", chunksize=50)
with engine.begin() as connection:
    summary = connection.execute(sqlalchemy.text(statement)).mappings().one()
    found["summary"] = {"table": summary["table"], "selected": summary["selected"], "state": summary["state"]}
found["columns"] = [column["name"] for column in sqlalchemy.inspect(engine).get_columns(summary["table"])]
found["copied"] = int(pandas.read_sql("SELECT COUNT(*) AS n FROM shot_copy", engine)["n"][0])
print(json.dumps(found))
