"""The local certificate authority, and the TLS context that the HTTPS listener serves with.

Official SDKs refuse plain HTTP, so Sluice makes its own authority on first start and signs its own
server certificate; clients trust one file, `ca.pem`. The directory holds:

    ca.pem, ca-key.pem   the authority; made once, never replaced by Sluice
    server.pem           certificate and key of the server; a cache, made again when need be
    server.json          what server.pem is good for, so that a warm start need not parse it

`cryptography` is slow to import, so it is imported only when a certificate has to be made.
"""

import fcntl
import hashlib
import ipaddress
import json
import os
import socket
import ssl
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

AUTHORITY_LIFE = timedelta(days=3650)
SERVER_LIFE = timedelta(days=397)  # browsers refuse a server certificate that lives longer than 398
RENEW_BEFORE = timedelta(days=30)
BACKDATED = timedelta(days=1)  # the clocks of clients may be behind ours


class TlsError(Exception):
    """Say why HTTPS cannot be served, and what its reader can do about it."""


def server_names(host: str, extra: Iterable[str] = ()) -> frozenset[str]:
    """Return every name by which a client may reach a server that listens on `host`.

    Args:
        host: the address listened on; 0.0.0.0 and :: name no machine and are left out.
        extra: further host names or addresses, such as a container's alias.
    """
    names = {"localhost", "127.0.0.1", "::1", socket.gethostname(), host, *extra}
    return frozenset(name.lower() for name in names - {"", "0.0.0.0", "::"})  # noqa: S104


def open_authority(directory: Path, now: datetime) -> "Authority":
    """Return the authority kept in a directory; make it there on first use.

    Processes that start at once get the same authority.

    Args:
        directory: made, readable by its owner alone, if it does not exist.
        now: the real time, since clients compare it with their own clocks.

    Raises:
        TlsError: the directory cannot be used, or its files are damaged, incomplete or expired.
    """
    authority = Authority(directory)
    with _held(directory):
        if not authority.certificate.exists() and not authority.key.exists():
            _make_authority(authority, now)
        authority.check(now)
    return authority


@dataclass(frozen=True)
class Authority:
    """A local certificate authority: two files in a directory that `open_authority` has checked."""

    directory: Path

    @property
    def certificate(self) -> Path:
        """The file that clients have to trust."""
        return self.directory / "ca.pem"

    @property
    def key(self) -> Path:
        return self.directory / "ca-key.pem"

    @property
    def server_certificate(self) -> Path:
        """The file with the server's certificate and private key."""
        return self.directory / "server.pem"

    @property
    def record(self) -> Path:
        return self.directory / "server.json"

    def check(self, now: datetime) -> None:
        """Refuse an authority that no client could make use of.

        Raises:
            TlsError: a file is missing or damaged, the two do not match, or the time is over.
        """
        for present, missing in ((self.certificate, self.key), (self.key, self.certificate)):
            if not missing.exists():
                raise TlsError(
                    f"{present} is there, but {missing.name} is not. Put it back, or {self._anew}"
                )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.load_cert_chain(
                self.certificate, self.key, password=""
            )  # "": never ask for one
            context.load_verify_locations(self.certificate)
        except (OSError, ValueError) as error:  # an SSLError is an OSError
            raise TlsError(
                f"{self.certificate} and {self.key.name} are not a certificate and its key "
                f"({error}). Put back what was there, or {self._anew}"
            ) from error
        expiries = [str(found["notAfter"]) for found in context.get_ca_certs()]
        if not expiries:
            raise TlsError(f"{self.certificate} is no authority's certificate: {self._anew}")
        if now.timestamp() >= ssl.cert_time_to_seconds(expiries[0]):
            raise TlsError(f"{self.certificate} expired on {expiries[0]}: {self._anew}")

    def issue(self, names: Iterable[str], now: datetime) -> Path:
        """Return a file with a server certificate and its key, good for all of these names.

        The one on disk is used as long as it has the names, comes from this authority, is whole,
        and does not expire within 30 days.

        Raises:
            TlsError: the directory cannot be used, or a name cannot stand in a certificate.
        """
        with _held(self.directory):
            self._issue(frozenset(names), now)
        return self.server_certificate

    def server_context(self, names: Iterable[str], now: datetime) -> ssl.SSLContext:
        """Return the context of a listener that clients reach by these names: TLS 1.2 or newer.

        Raises:
            TlsError: as `issue`.
        """
        context = _server_side()
        # Held until the file is loaded: another process may replace it for names of its own.
        with _held(self.directory):
            self._issue(frozenset(names), now)
            context.load_cert_chain(self.server_certificate)
        return context

    def host_context(self, host: str, now: datetime) -> ssl.SSLContext:
        """Return the context of a listener that clients take for this host. Nothing is kept.

        Raises:
            TlsError: as `issue`.
        """
        certificate, _ = _server_certificate(self, frozenset((host,)), now)
        context = _server_side()
        try:
            with tempfile.NamedTemporaryFile(dir=self.directory) as file:  # readable by us alone
                file.write(certificate)
                file.flush()
                context.load_cert_chain(file.name)
        except OSError as error:
            raise TlsError(f"Certificates cannot be made in {self.directory} ({error})") from error
        return context

    def serve_hosts(
        self, context: ssl.SSLContext, has: Callable[[str], bool], now: Callable[[], datetime]
    ) -> None:
        """Let a listener show each of these hosts a certificate of its own.

        Args:
            has: tells whether a host is one of them.
        """
        contexts: dict[str, ssl.SSLContext] = {}

        def chosen(connection: ssl.SSLObject, host: str | None, _: ssl.SSLContext) -> None:
            if host is None or not has(host.lower()):
                return
            own = contexts.get(host.lower())
            if own is None:
                own = contexts[host.lower()] = self.host_context(host.lower(), now())
            connection.context = own

        context.sni_callback = chosen

    def _issue(self, names: frozenset[str], now: datetime) -> None:
        if not self._is_good_for(names, now):
            certificate, ends = _server_certificate(self, names, now)
            _write(self.server_certificate, certificate, mode=0o600)
            record = {"names": sorted(names), "not_after": ends.isoformat(), "of": self._digest()}
            _write(self.record, json.dumps(record, indent=2).encode() + b"\n", mode=0o644)

    def _is_good_for(self, names: frozenset[str], now: datetime) -> bool:
        """Tell whether server.pem, as its record describes it, serves these names at this time."""
        try:
            record = json.loads(self.record.read_bytes())
            return (
                names <= frozenset(record["names"])
                and now + RENEW_BEFORE < datetime.fromisoformat(record["not_after"])
                and record["of"] == self._digest()
            )
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return False  # a cache that is missing or damaged is made again

    def _digest(self) -> str:
        """Return what changes when the authority or the server's certificate is another one."""
        files = self.certificate.read_bytes() + self.server_certificate.read_bytes()
        return hashlib.sha256(files).hexdigest()

    @property
    def _anew(self) -> str:
        return (
            f"remove {self.certificate} and {self.key} to have a new authority made, "
            "which clients then have to trust anew."
        )


@contextmanager
def _held(directory: Path) -> Iterator[None]:
    """Keep other processes out of the directory, which is made if it is missing.

    Raises:
        TlsError: whatever the file system refuses inside.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
    except OSError as error:
        raise TlsError(
            f"Certificates cannot be kept in {directory} ({error.strerror or error}). "
            "Make it a directory that this user can read and write, or choose another one."
        ) from error


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file whole or not at all; it is never readable by more people than `mode` says."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)  # left by a process that was killed; we hold the lock
    file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(file, "wb") as output:
        output.write(content)
        output.flush()
        os.fsync(file)
    unfinished.replace(path)


def _make_authority(authority: Authority, now: datetime) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    # Two authorities in one trust store must not share a name, so each has a number in its own.
    name = _named(f"Sluice local authority {x509.random_serial_number() % 2**32:08x}")
    certificate = _sign(
        key,
        name,
        issuer=name,
        signing_key=key,
        begins=now - BACKDATED,
        ends=now - BACKDATED + AUTHORITY_LIFE,
        critical=[
            x509.BasicConstraints(ca=True, path_length=0),
            _key_usage("key_cert_sign", "crl_sign"),
        ],
    )
    _write(authority.key, _key_pem(key), mode=0o600)
    _write(authority.certificate, certificate, mode=0o644)


def _server_side() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def _server_certificate(
    authority: Authority, names: frozenset[str], now: datetime
) -> tuple[bytes, datetime]:
    """Return a key and a certificate for these names in PEM, and when the latter expires."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509.oid import ExtendedKeyUsageOID

    signer = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    signing_key = load_pem_private_key(authority.key.read_bytes(), password=None)
    if not isinstance(signing_key, ec.EllipticCurvePrivateKey):
        raise TlsError(f"{authority.key} is not an elliptic curve key: {authority._anew}")
    key = ec.generate_private_key(ec.SECP256R1())
    ends = min(now - BACKDATED + SERVER_LIFE, signer.not_valid_after_utc)
    certificate = _sign(
        key,
        _named("Sluice"),
        issuer=signer.subject,
        signing_key=signing_key,
        begins=now - BACKDATED,
        ends=ends,
        critical=[
            x509.BasicConstraints(ca=False, path_length=None),
            _key_usage("digital_signature"),
        ],
        further=[
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
            x509.SubjectAlternativeName([_alternative(name) for name in sorted(names)]),
        ],
    )
    return _key_pem(key) + certificate, ends


def _sign(
    key: "EllipticCurvePrivateKey",
    subject: "x509.Name",
    *,
    issuer: "x509.Name",
    signing_key: "EllipticCurvePrivateKey",
    begins: datetime,
    ends: datetime,
    critical: "Sequence[x509.ExtensionType]",
    further: "Sequence[x509.ExtensionType]" = (),
) -> bytes:
    """Return a certificate for the key's public half, in PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding

    builder = (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
    # Strict clients (OpenSSL's X509_STRICT, the default from Python 3.13 on) want both identifiers.
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    signers = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key())
    for extension in critical:
        builder = builder.add_extension(extension, critical=True)
    for extension in (own, signers, *further):
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(signing_key, SHA256()).public_bytes(Encoding.PEM)


def _key_pem(key: "EllipticCurvePrivateKey") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _named(common_name: str) -> "x509.Name":
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*allowed: str) -> "x509.KeyUsage":
    from cryptography import x509

    uses = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only"
    )
    return x509.KeyUsage(**{use: use in allowed for use in uses.split()})


def _alternative(name: str) -> "x509.GeneralName":
    """Return how a certificate writes a host name or an IP address.

    Raises:
        TlsError: it is neither.
    """
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name if name.isascii() else name.encode("idna").decode())
    except ValueError as error:
        raise TlsError(f"{name!r} is neither a host name nor an IP address ({error}).") from error
