"""The headers that every response carries."""

from flask import Flask, Response, g, request

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def allow_inline(style: str, script: str) -> None:
    """Let this response's one inline stylesheet and one inline script through, by their base64 SHA-256."""
    g.inline = {"style-src": style, "script-src": script}


def confine() -> None:
    """Let this response do nothing wherever it is opened: it is a file that somebody sent."""
    g.confined = True


def install(app: Flask) -> None:
    """Add the headers to every response."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        policy = dict(POLICY)
        policy |= {name: f"'sha256-{digest}'" for name, digest in g.get("inline", {}).items()}
        if g.get("confined"):
            policy = dict.fromkeys(POLICY, "'none'") | {"sandbox": ""}
        headers = response.headers
        headers["Content-Security-Policy"] = "; ".join(
            f"{name} {value}".strip() for name, value in policy.items()
        )
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        # A personal page's address is its key, so it goes nowhere; staff forms need their origin checked.
        headers["Referrer-Policy"] = "no-referrer" if request.blueprint == "respondent" else "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if app.config["SESSION_COOKIE_SECURE"]:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint != "static":
            headers["Cache-Control"] = "no-store"
        return response
