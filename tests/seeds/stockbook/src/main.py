"""The web server: it says that it is well."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/health")
def health() -> dict[str, str]:
    """Answer that the service runs."""
    return {"status": "healthy"}
