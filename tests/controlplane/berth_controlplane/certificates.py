"""Keys and certificates of one cluster, made with the openssl command (3.0 or newer).

Every certificate is an ECDSA P-256 one that outlives any test. An authority is a folder prefix:
`ca` signs what the API server trusts, `front-proxy-ca` what aggregated API servers trust, and
`extender-ca` what kube-scheduler and the extender show each other.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from .errors import ControlPlaneError

VALID_DAYS = "3650"
OPENSSL_TIMEOUT_SECONDS = 30
LOCALHOST_NAMES = ("IP:127.0.0.1", "DNS:localhost")


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its private key, both PEM."""

    certificate: Path
    key: Path


class Authority:
    """A certificate authority that lives in one folder under one name."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name

    @property
    def certificate(self) -> Path:
        """What those who trust this authority load."""
        return self._folder / f"{self._name}.crt"

    def create(self) -> Authority:
        """Make the authority's own key and certificate unless they are there."""
        if not self.certificate.exists():
            self._request(self._pair(self._name), f"/CN=berth-test-{self._name}", [
                "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            ])
        return self

    def server(self, name: str, alternative_names: tuple[str, ...] = LOCALHOST_NAMES) -> KeyPair:
        """A serving certificate. Names are written DNS:x or IP:x; Go ignores the common name."""
        return self._issue(name, f"/CN={name}", "serverAuth",
                           ["-addext", f"subjectAltName={','.join(alternative_names)}"])

    def client(self, name: str, user: str, group: str | None = None) -> KeyPair:
        """A client certificate: Kubernetes takes CN as the user and O as a group."""
        organization = f"/O={group}" if group else ""
        return self._issue(name, f"{organization}/CN={user}", "clientAuth", [])

    def _issue(self, name: str, subject: str, usage: str, extra: list[str]) -> KeyPair:
        pair = self._pair(name)
        own = self._pair(self._name)
        self._request(pair, subject, [
            "-CA", str(own.certificate), "-CAkey", str(own.key),
            "-addext", "basicConstraints=critical,CA:FALSE",
            "-addext", "keyUsage=critical,digitalSignature",
            "-addext", f"extendedKeyUsage={usage}",
            *extra,
        ])
        return pair

    def _pair(self, name: str) -> KeyPair:
        return KeyPair(self._folder / f"{name}.crt", self._folder / f"{name}.key")

    def _request(self, pair: KeyPair, subject: str, extra: list[str]) -> None:
        openssl("req", "-x509", "-new", "-nodes", "-sha256", "-days", VALID_DAYS,
                "-config", "/dev/null", "-subj", subject,
                "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-keyout", str(pair.key), "-out", str(pair.certificate), *extra)


def create_signing_keys(private: Path, public: Path) -> None:
    """The key that signs service-account tokens, and the one that checks them."""
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-out", str(private))
    openssl("pkey", "-in", str(private), "-pubout", "-out", str(public))


def openssl(*arguments: str) -> None:
    """Run openssl; its complaints become the error."""
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False,
                          timeout=OPENSSL_TIMEOUT_SECONDS)
    if done.returncode != 0:
        raise ControlPlaneError(f"openssl {' '.join(arguments)} failed:\n{done.stderr}")
