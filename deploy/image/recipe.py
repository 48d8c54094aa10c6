"""What is in the image and how it starts; the Containerfile says the same, which a test holds."""

SUITE = "bookworm"
PACKAGES = ("ca-certificates", "fonts-noto-cjk", "python3")
"""Debian packages beside the smallest system."""

LOCK = "requirements.lock"
BUILT = ("dkimpy",)
"""Packages that are published as sources alone: made here, by the locked setuptools."""
SOURCES = ("arrears", "chassis", "contracts", "services")

HOME = "/app/.venv"
DATA = "/data"
USER = 10001
"""Its number, its group's too: Kubernetes takes no name for `runAsNonRoot`."""

ENVIRONMENT = {
    "PATH": f"{HOME}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}
ENTRYPOINT = ("arrears",)
COMMAND = ("--help",)
