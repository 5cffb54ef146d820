"""The local authority and its server certificate, as clients meet them: over real handshakes."""

import json
import os
import shutil
import socket
import ssl
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from sluice.server.tls import Authority, TlsError, open_authority, server_names
from tests.clients.real_part import real_program

NOW = datetime.now(UTC)  # handshakes compare certificates with the real clock
NAMES = server_names("127.0.0.1")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\ntrusted"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "tls"


@pytest.fixture
def authority(directory: Path) -> Authority:
    return open_authority(directory, NOW)


def strict_client(trusted: Path | None = None) -> ssl.SSLContext:
    """Return a client, as strict as Python 3.13 makes them, that trusts one file or nobody."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    client.set_alpn_protocols(["h2", "http/1.1"])
    if trusted is not None:
        client.load_verify_locations(trusted)
    return client


@contextmanager
def serving(server: ssl.SSLContext) -> Iterator[int]:
    """Yield the port of a listener that answers each request with one word over TLS."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while True:
                connection, _ = listener.accept()
                with connection:
                    if over.is_set():
                        return
                    try:
                        with server.wrap_socket(connection, server_side=True) as secured:
                            secured.recv(4096)
                            secured.sendall(ANSWER)
                    except OSError:
                        continue  # the client broke off, which is what its test is about

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            socket.create_connection(listener.getsockname()).close()
            thread.join()


def ask(port: int, client: ssl.SSLContext, name: str = "localhost") -> tuple[bytes, str, str]:
    """Return the answer to a client that knows the server by `name`, the protocol and version."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as connection,
        client.wrap_socket(connection, server_hostname=name) as secured,
    ):
        secured.sendall(b"GET / HTTP/1.1\r\n\r\n")
        return (
            secured.recv(4096),
            secured.selected_alpn_protocol() or "",
            secured.version() or "",
        )


def served_certificate(authority: Authority) -> x509.Certificate:
    return x509.load_pem_x509_certificate(authority.server_certificate.read_bytes())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", socket.gethostname()])
def test_a_client_that_trusts_the_authority_reaches_the_server_by_each_of_its_names(
    authority: Authority, name: str
) -> None:
    with serving(authority.server_context(NAMES, NOW)) as port:
        assert ask(port, strict_client(authority.certificate), name) == (
            ANSWER,
            "http/1.1",
            "TLSv1.3",
        )


def test_a_client_that_does_not_trust_the_authority_refuses_the_server(
    authority: Authority,
) -> None:
    with (
        serving(authority.server_context(NAMES, NOW)) as port,
        pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"),
    ):
        ask(port, strict_client())


def test_a_client_that_trusts_another_sluice_refuses_the_server(
    authority: Authority, tmp_path: Path
) -> None:
    other = open_authority(tmp_path / "other", NOW)

    with (
        serving(authority.server_context(NAMES, NOW)) as port,
        pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"),
    ):
        ask(port, strict_client(other.certificate))


def test_a_name_the_server_does_not_have_is_refused(authority: Authority) -> None:
    with (
        serving(authority.server_context(NAMES, NOW)) as port,
        pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"),
    ):
        ask(port, strict_client(authority.certificate), "portal.example.test")


def test_a_client_that_knows_nothing_newer_than_tls_1_2_is_served(authority: Authority) -> None:
    client = strict_client(authority.certificate)
    client.maximum_version = ssl.TLSVersion.TLSv1_2

    with serving(authority.server_context(NAMES, NOW)) as port:
        assert ask(port, client)[2] == "TLSv1.2"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_a_client_that_knows_nothing_newer_than_tls_1_1_is_refused(authority: Authority) -> None:
    client = strict_client(authority.certificate)
    client.set_ciphers("ALL:@SECLEVEL=0")  # the client itself would not offer TLS 1.1 otherwise
    client.minimum_version = client.maximum_version = ssl.TLSVersion.TLSv1_1

    with (
        serving(authority.server_context(NAMES, NOW)) as port,
        pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"),
    ):
        ask(port, client)


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("openssl", "openssl verify -x509_strict -purpose sslserver -CAfile ca.pem server.pem"),
        ("curl", "curl --silent --show-error --cacert ca.pem https://localhost:{port}/"),
    ],
    ids=["openssl", "curl"],
)
def test_other_programs_accept_the_certificate(
    authority: Authority, program: str, command: str
) -> None:
    real_program(program)

    with serving(authority.server_context(NAMES, NOW)) as port:
        done = subprocess.run(
            command.format(port=port).split(),
            cwd=authority.directory,
            capture_output=True,
            text=True,
            timeout=30,
        )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout in ("server.pem: OK\n", "trusted")


def test_the_names_are_those_of_the_machine_the_host_and_what_is_asked_for() -> None:
    assert server_names("192.0.2.7", ["Portal.Example.Test"]) == {
        "localhost",
        "127.0.0.1",
        "::1",
        socket.gethostname().lower(),
        "192.0.2.7",
        "portal.example.test",
    }


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_listener_on_every_address_adds_no_name(host: str) -> None:
    assert server_names(host) == server_names("localhost")


def test_a_name_outside_ascii_is_certified_as_clients_send_it(authority: Authority) -> None:
    authority.issue({"bücher.test"}, NOW)

    alternatives = served_certificate(authority).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert alternatives.value.get_values_for_type(x509.DNSName) == ["xn--bcher-kva.test"]


def test_a_name_that_no_certificate_can_hold_is_refused(authority: Authority) -> None:
    with pytest.raises(TlsError, match="neither a host name nor an IP address"):
        authority.issue({"ы" * 64 + ".test"}, NOW)


def test_the_authority_lasts_ten_years_and_the_server_at_most_397_days(
    authority: Authority,
) -> None:
    authority.issue(NAMES, NOW)

    ca = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    server = served_certificate(authority)
    assert ca.not_valid_after_utc - ca.not_valid_before_utc == timedelta(days=3650)
    assert server.not_valid_after_utc - server.not_valid_before_utc == timedelta(days=397)


def test_a_server_certificate_never_outlives_its_authority(directory: Path) -> None:
    authority = open_authority(directory, NOW - timedelta(days=3500))

    authority.issue(NAMES, NOW)

    ca = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    assert served_certificate(authority).not_valid_after_utc == ca.not_valid_after_utc


def test_a_second_start_finds_the_same_authority_and_certificate(
    authority: Authority, directory: Path
) -> None:
    authority.issue(NAMES, NOW)
    first = authority.certificate.read_bytes(), authority.server_certificate.read_bytes()

    open_authority(directory, NOW).issue(NAMES, NOW)

    assert (authority.certificate.read_bytes(), authority.server_certificate.read_bytes()) == first


def damage_record(authority: Authority) -> None:
    authority.record.write_text("[")


def damage_certificate(authority: Authority) -> None:
    authority.server_certificate.write_text("gone")


def lose_certificate(authority: Authority) -> None:
    authority.server_certificate.unlink()


def lose_record(authority: Authority) -> None:
    authority.record.unlink()


def swap_authority(authority: Authority) -> None:
    authority.certificate.unlink()
    authority.key.unlink()
    open_authority(authority.directory, NOW)


@pytest.mark.parametrize(
    "happening",
    [damage_record, damage_certificate, lose_certificate, lose_record, swap_authority],
    ids=lambda happening: happening.__name__.replace("_", " "),
)
def test_a_certificate_that_no_longer_serves_is_made_again(
    authority: Authority, happening: Callable[[Authority], None]
) -> None:
    authority.issue(NAMES, NOW)
    happening(authority)

    with serving(authority.server_context(NAMES, NOW)) as port:
        assert ask(port, strict_client(authority.certificate))[0] == ANSWER


def test_a_missing_name_has_the_certificate_made_again(authority: Authority) -> None:
    authority.issue(NAMES, NOW)

    with serving(authority.server_context({*NAMES, "portal.example.test"}, NOW)) as port:
        assert ask(port, strict_client(authority.certificate), "portal.example.test")[0] == ANSWER


@pytest.mark.parametrize(
    ("days_later", "renewed"),
    [(365, False), (367, True)],
    ids=["31 days are left", "29 days are left"],
)
def test_a_certificate_is_made_again_when_less_than_thirty_days_are_left(
    authority: Authority, days_later: int, renewed: bool
) -> None:
    authority.issue(NAMES, NOW)
    before = served_certificate(authority).serial_number

    authority.issue(NAMES, NOW + timedelta(days=days_later))

    assert (served_certificate(authority).serial_number != before) is renewed


def test_keys_are_readable_by_their_owner_alone(directory: Path) -> None:
    relaxed = os.umask(0)
    try:
        authority = open_authority(directory, NOW)
        authority.issue(NAMES, NOW)
    finally:
        os.umask(relaxed)

    assert mode(directory) == 0o700
    assert mode(authority.key) == 0o600
    assert mode(authority.server_certificate) == 0o600


START = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from sluice.server.tls import open_authority, server_names
now = datetime.now(UTC)
authority = open_authority(Path(sys.argv[1]), now)
authority.server_context(server_names("127.0.0.1"), now)
print("cryptography" in sys.modules, authority.certificate.read_text())
"""


def start_process(directory: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", START, str(directory)], stdout=subprocess.PIPE, text=True
    )


def test_processes_that_start_at_once_get_one_authority(directory: Path) -> None:
    starting = [start_process(directory) for _ in range(4)]

    answers = [process.communicate(timeout=60)[0] for process in starting]

    made, *others = {answer.split(maxsplit=1)[1] for answer in answers}
    assert (made.strip(), others) == ((directory / "ca.pem").read_text().strip(), [])
    assert [process.returncode for process in starting] == [0, 0, 0, 0]


def test_a_warm_start_does_not_load_cryptography(authority: Authority, directory: Path) -> None:
    authority.issue(NAMES, NOW)

    answer = start_process(directory).communicate(timeout=60)[0]

    assert answer.startswith("False ")


@pytest.mark.parametrize("missing", ["ca.pem", "ca-key.pem"])
def test_half_an_authority_is_refused_and_left_as_it_is(
    authority: Authority, directory: Path, missing: str
) -> None:
    (directory / missing).unlink()

    with pytest.raises(TlsError, match=f"{missing} is not. Put it back, or remove"):
        open_authority(directory, NOW)

    assert not (directory / missing).exists()


@pytest.mark.parametrize("damaged", ["ca.pem", "ca-key.pem"])
def test_a_damaged_authority_is_refused_with_what_to_do(
    authority: Authority, directory: Path, damaged: str
) -> None:
    (directory / damaged).write_text("-----BEGIN NOTHING-----")

    with pytest.raises(TlsError, match="Put back what was there, or remove"):
        open_authority(directory, NOW)


def test_a_key_of_another_authority_is_refused(
    authority: Authority, directory: Path, tmp_path: Path
) -> None:
    other = open_authority(tmp_path / "other", NOW)
    shutil.copy(other.key, authority.key)

    with pytest.raises(TlsError, match="are not a certificate and its key"):
        open_authority(directory, NOW)


def test_a_certificate_that_is_no_authority_is_refused(
    authority: Authority, directory: Path
) -> None:
    authority.issue(NAMES, NOW)
    for file in (authority.certificate, authority.key):
        shutil.copy(authority.server_certificate, file)

    with pytest.raises(TlsError, match=r"is no authority's certificate"):
        open_authority(directory, NOW)


def test_an_expired_authority_is_refused(authority: Authority, directory: Path) -> None:
    with pytest.raises(TlsError, match=r"expired on .* have a new authority made"):
        open_authority(directory, NOW + timedelta(days=3650))


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(TlsError, match=rf"{file}/tls \(Not a directory\)\. .* choose another"):
        open_authority(file / "tls", NOW)


def test_the_record_beside_the_certificate_tells_what_it_is_good_for(
    authority: Authority,
) -> None:
    authority.issue(NAMES, NOW)

    record = json.loads(authority.record.read_text())
    assert record["names"] == sorted(NAMES)
    assert datetime.fromisoformat(record["not_after"]) == NOW + timedelta(days=396)
