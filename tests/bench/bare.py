"""What the product is measured against: a bare Flask and Flask-SQLAlchemy route, five fields, one row."""

import os

from flask import Flask, abort, render_template_string, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The bare application's tables."""


db = SQLAlchemy(model_class=Base)

PAGE = """<!doctype html><html lang="zh-CN"><title>回访</title><h1>{{ person.name }}</h1>
<form method="post">{% for name in fields %}<label>{{ name }} <input name="{{ name }}"></label>{% endfor %}
<button>提交</button></form>"""
FIELDS = {
    "dealt": ("yes", "no"),
    "rating": ("satisfied", "basically_satisfied", "dissatisfied"),
    "days": None,
    "documents": None,
    "cost": None,
}


class Person(Base):
    """Whoever is asked."""

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


class Row(Base):
    """One answer."""

    __tablename__ = "row"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(unique=True)
    dealt: Mapped[str]
    rating: Mapped[str]
    days: Mapped[int]
    documents: Mapped[int]
    cost: Mapped[int]


@event.listens_for(Engine, "connect")
def _durable(connection, _record) -> None:  # type: ignore[no-untyped-def]
    """The same durability as the product's, so that the same thing is measured."""
    if type(connection).__module__.startswith("sqlite3"):
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
            cursor.execute(f"PRAGMA {pragma}")


def create_app() -> Flask:
    """Build the bare application on BARE_DATABASE_URL."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["BARE_DATABASE_URL"]
    db.init_app(app)

    @app.get("/p/<token>")
    def show(token: str) -> str:
        person = db.session.scalar(select(Person).where(Person.token == token))
        if person is None:
            abort(404)
        return render_template_string(PAGE, person=person, fields=FIELDS)

    @app.post("/p/<token>")
    def store(token: str) -> tuple[str, int]:
        person = db.session.scalar(select(Person).where(Person.token == token))
        if person is None:
            abort(404)
        values = {}
        for name, allowed in FIELDS.items():
            text = request.form.get(name, "")
            if allowed is None:
                if not text.isdigit() or int(text) > 1000:
                    abort(400)
                values[name] = int(text)
            elif text not in allowed:
                abort(400)
            else:
                values[name] = text
        db.session.add(Row(person_id=person.id, **values))
        db.session.commit()
        return "已收到", 200

    return app
