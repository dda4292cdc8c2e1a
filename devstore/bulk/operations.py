"""Runs bulk operations in the background, streams their lines into a JSONL file, and hands the file out."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from flask import Blueprint, Response, abort, current_app, send_file
from graphql import GraphQLError, GraphQLSchema

from devstore.admin_api.readers import gid, resolve_namespace
from devstore.admin_api.sources import Context, Row, make_context, parse_search
from devstore.bulk.compiling import Compiler, NodePlan
from devstore.bulk.rules import check_bulk_query
from devstore.payloads import local_time
from devstore.store import Store, fetch, insert, new_id, timestamp, update
from devstore.webhook_queue import Action

MAX_RUNNING = 5
ROWS_AT_ONCE = 500
ROWS_BETWEEN_REPORTS = 5_000
blueprint = Blueprint("bulk", __name__)


class Canceled(Exception):
    """The operation was cancelled while it ran."""


class BulkRunner:
    """Runs bulk queries in background threads and keeps their files."""

    def __init__(self, store: Store, schema: GraphQLSchema, directory: Path) -> None:
        self._store, self._schema, self.directory = store, schema, directory
        directory.mkdir(parents=True, exist_ok=True)

    def fail_interrupted(self) -> None:
        """Operations that a restart interrupted have failed."""
        with self._store.reading() as db:
            rows = db.execute(
                "SELECT id FROM bulk_operations WHERE status IN ('CREATED', 'RUNNING', 'CANCELING')"
            ).fetchall()
        for row in rows:
            self._finish(row["id"], "FAILED", "INTERNAL_SERVER_ERROR")

    def create(
        self, context: Context, query: str, grouped: bool
    ) -> tuple[int | None, str | None, str | None]:
        """Register an operation and start it after the commit: (id, error code, error message)."""
        if problem := check_bulk_query(self._schema, query):
            return None, "INVALID", problem
        open_states = "('CREATED', 'RUNNING', 'CANCELING')"
        running = context.db.execute(
            f"SELECT count(*) FROM bulk_operations WHERE status IN {open_states}"
        ).fetchone()[0]
        if running >= MAX_RUNNING:
            return (
                None,
                "LIMIT_REACHED",
                f"This shop has already {MAX_RUNNING} bulk query operations running.",
            )
        number = new_id(context.db, "bulk_operation")
        insert(
            context.db, "bulk_operations", id=number, gid=gid("BulkOperation", number), type="QUERY", status="CREATED",
            query=query, created_at=timestamp(),
        )  # fmt: skip
        thread = threading.Thread(
            target=self.run, args=(number, query, grouped), name=f"bulk-{number}", daemon=True
        )
        context.after_commit.append(thread.start)
        return number, None, None

    def run(self, number: int, query: str, grouped: bool) -> None:
        """Carry out one operation to its end, whatever that is."""
        path = self.directory / f"{number}.jsonl"
        try:
            self._report(number, 0, 0)
            with self._store.reading() as db, path.open("w", encoding="utf-8") as output:
                context = make_context(db)
                self._write(
                    number, context, Compiler(self._schema, context, query).compile(), grouped, output
                )
        except Canceled:
            self._finish(number, "CANCELED", None)
        except GraphQLError as error:
            code = (error.extensions or {}).get("code")
            self._finish(number, "FAILED", code if code == "ACCESS_DENIED" else "INTERNAL_SERVER_ERROR")
        except Exception:
            logging.getLogger(__name__).exception("Bulk operation %s failed", number)
            self._finish(number, "FAILED", "INTERNAL_SERVER_ERROR")
        else:
            self._finish(number, "COMPLETED", None)

    def _write(self, number: int, context: Context, plan: NodePlan, grouped: bool, output: TextIO) -> None:
        conditions, values = parse_search(plan.connection.source, plan.arguments.get("query"))
        limits, limit_values = context.limits(plan.connection.source)
        direction = "DESC" if plan.arguments.get("reverse") else "ASC"
        where = " AND ".join([*conditions, *limits]) or "1"
        query = f"{plan.connection.source.select} WHERE {where} ORDER BY id {direction}"
        cursor = context.db.execute(query, (*values, *limit_values))
        total = roots = reported = 0
        while rows := cursor.fetchmany(1 if grouped else ROWS_AT_ONCE):
            roots += len(rows)
            total += len(rows)
            for row in rows:
                output.write(plan.write(row) + "\n")
            for child in plan.children:
                lines = list(_child_lines(context, child, plan, rows))
                output.writelines(lines)
                total += len(lines)
            if total - reported >= ROWS_BETWEEN_REPORTS:
                self._report(number, total, roots)
                reported = total
        self._report(number, total, roots)

    def _report(self, number: int, total: int, roots: int) -> None:
        with self._store.writing() as db:
            if fetch(db, "bulk_operations", number)["status"] == "CANCELING":
                raise Canceled
            update(
                db, "bulk_operations", number, status="RUNNING", object_count=total, root_object_count=roots
            )

    def _finish(self, number: int, status: str, error_code: str | None) -> None:
        path = self.directory / f"{number}.jsonl"
        size = path.stat().st_size if path.exists() else None
        with self._store.writing() as db:
            update(
                db, "bulk_operations", number, status=status, error_code=error_code, completed_at=timestamp(),
                file=path.name if size else None, file_size=size,
            )  # fmt: skip
            Action(db).queue("bulk_operations/finish", _finish_payload, number)


def _child_lines(context: Context, child: NodePlan, parent: NodePlan, parents: list[Row]) -> Iterator[str]:
    """The children of a batch of parents, each with its parent's id; they follow their parents, not at once."""
    source, by = child.connection.source, child.connection.by
    keys = [child.connection.key(row) for row in parents]
    prefix = f"gid://shopify/{parent.connection.source.type_name}/"
    owners = {key: f',"__parentId":"{prefix}{row["id"]}"}}\n' for key, row in zip(keys, parents, strict=True)}
    limits, bound = context.limits(source)
    if namespace := child.arguments.get("namespace"):
        limits, bound = (
            [*limits, "namespace = ?"],
            [*bound, resolve_namespace(context.settings["client_id"], namespace)],
        )
    conditions = " AND ".join([f"{by} IN ({', '.join('?' * len(keys))})", *limits])
    write = child.write
    for row in context.db.execute(f"{source.select} WHERE {conditions} ORDER BY {by}, id", (*keys, *bound)):
        yield write(row)[:-1] + owners[row[by]]


def _finish_payload(db: Any, number: int) -> dict[str, Any]:
    row = fetch(db, "bulk_operations", number)
    return {
        "admin_graphql_api_id": row["gid"], "completed_at": local_time(row["completed_at"]),
        "created_at": local_time(row["created_at"]), "error_code": row["error_code"] and row["error_code"].lower(),
        "status": row["status"].lower(), "type": row["type"].lower(),
    }  # fmt: skip


@blueprint.get("/_bulk/<int:number>.jsonl")
def download(number: int) -> Response:
    """The result of a bulk operation; understands Range, so that a broken download can go on."""
    path = current_app.extensions["admin_api"].bulk.directory / f"{number}.jsonl"
    if not path.exists():
        abort(404)
    return send_file(path.resolve(), mimetype="application/jsonl", conditional=True)
