"""What everything is compared with: the smallest answer that Flask gives."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello() -> str:
    return "hello"
