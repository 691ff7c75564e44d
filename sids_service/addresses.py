"""Checks addresses and connection strings by their form; nothing is connected to.

Each check raises ValueError with what is wrong, as the rest of a sentence that begins with the setting's name. It never
repeats the value of a URL or connection string, which may hold a secret.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

STORAGE_SERVICES = frozenset({"blob", "dfs", "file", "queue", "table", "web"})
PUBLIC_SUFFIX = "core.windows.net"
DEVELOPMENT_ENDPOINT = "http://127.0.0.1:10000/devstoreaccount1"
"""The Blob service of UseDevelopmentStorage=true."""

ANY_ORIGIN = "*"

_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
CONTAINER = re.compile(r"\$root|\$web|(?=.{3,63}$)[a-z0-9](-?[a-z0-9])+")
CONTAINER_FORM = "containers have 3 to 63 lower-case letters, digits and hyphens"
_HOST = re.compile(r"[a-z0-9]([a-z0-9_.-]*[a-z0-9])?")
_SIGNATURE = re.compile(r"[^\s\"']*\bsig=[^\s\"']+")
_PORTS = {"https": 443, "http": 80}


def check_container_url(url: str) -> None:
    """Check the URL of a container that is opened by an identity."""
    form = f"https://<account>.blob.{PUBLIC_SUFFIX}/<container>"
    parts = _storage_url(url, "blob", form, ("https",))
    segments = parts.path.strip("/").split("/")
    if not segments[0] or len(segments) > 1 + _has_account_in_path(parts):
        raise ValueError(f"must be of the form {form}")
    if not _has_account_in_path(parts) and not CONTAINER.fullmatch(segments[0]):
        raise ValueError(f"must be of the form {form}; {CONTAINER_FORM}")


def check_endpoint(url: str, service: str, schemes: Sequence[str] = ("https",)) -> None:
    """Check the address of an account's service (blob or queue); over https, since an identity sends its token."""
    form = f"{schemes[0]}://<account>.{service}.{PUBLIC_SUFFIX}"
    parts = _storage_url(url, service, form, schemes)
    path = parts.path.strip("/")
    # In connection strings, which allow http, any host outside Azure may be a development server.
    emulated = _has_account_in_path(parts) or ("http" in schemes and f".{service}." not in str(parts.hostname))
    if "/" in path or (path and not emulated):
        raise ValueError(f"must be of the form {form}, without a path")


def check_collector(url: str) -> None:
    """Check the base URL of a collector of telemetry."""
    _split(url, tuple(_PORTS))


def check_connection_string(text: str, services: Sequence[str]) -> None:
    """Check a storage connection string that opens these services."""
    listed = _listed(text)
    pairs = _by_name(listed)
    if "USEDEVELOPMENTSTORAGE" in pairs:
        if pairs != {"USEDEVELOPMENTSTORAGE": "true"}:
            raise ValueError("should be UseDevelopmentStorage=true and nothing else, or name an account")
        return
    endpoints = [f"{service.capitalize()}Endpoint" for service in services]
    if "ACCOUNTNAME" not in pairs and not all(name.upper() in pairs for name in endpoints):
        raise ValueError(f"names neither AccountName nor {' and '.join(endpoints)}")
    for name, equals, value in listed:
        if not equals or not name.strip():
            raise ValueError("should be Name=value pairs separated by single semicolons")
        if name != name.strip() or value != value.strip():
            raise ValueError(f"has white space beside {name.strip()}")
        if not value:
            raise ValueError(f"has an empty {name}")
    if len(pairs) < len(listed):
        raise ValueError("has the same name twice")
    _check_place(pairs, services)
    _check_credential(pairs)


def blob_endpoint(connection_string: str) -> str:
    """The address of the Blob service that a checked connection string opens."""
    pairs = _by_name(_listed(connection_string))
    if "USEDEVELOPMENTSTORAGE" in pairs:
        return DEVELOPMENT_ENDPOINT
    account = f"https://{pairs.get('ACCOUNTNAME')}.blob.{pairs.get('ENDPOINTSUFFIX', PUBLIC_SUFFIX)}"
    return pairs.get("BLOBENDPOINT", account).rstrip("/")


def _listed(connection_string: str) -> list[tuple[str, str, str]]:
    """The parts of a connection string: name, equals sign and value."""
    return [part.partition("=") for part in connection_string.rstrip(";").split(";")]


def _by_name(listed: Sequence[tuple[str, str, str]]) -> dict[str, str]:
    """The values by name, which ignores case."""
    return {name.strip().upper(): value for name, _, value in listed}


def check_authority(url: str) -> None:
    """Check the address of an issuer of tokens: https, or this machine, and no path."""
    form = "must be of the form https://login.microsoftonline.com"
    try:
        parts = _split(url, ("https", "http"))
    except ValueError as fault:
        raise ValueError(f"{form}; it {fault}") from None
    if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError(f"{form}; it does not begin with https://")
    if parts.path not in {"", "/"}:
        raise ValueError(f"{form}; it has a path")


def origins(text: str) -> tuple[str, ...]:
    """Origins separated by commas, as browsers send them: in lower case, without a trailing slash or default port.

    Raises:
        ValueError: one is not an origin; the message names it.
    """
    given = [origin.strip() for origin in text.split(",") if origin.strip()]
    if not given:
        raise ValueError("lists no origin")
    if ANY_ORIGIN in given and len(given) > 1:
        raise ValueError("* allows every origin, so it should stand alone")
    return tuple(origin if origin == ANY_ORIGIN else _origin(origin) for origin in given)


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks separated by commas; a single address is the network of itself.

    Raises:
        ValueError: one is not a network; the message names it.
    """
    given = [each.strip() for each in text.split(",") if each.strip()]
    try:
        return tuple(map(ip_network, given))
    except ValueError as fault:
        raise ValueError(f"{fault}; a network is, for example, 10.0.0.0/8 or 2001:db8::/32") from None


def _origin(text: str) -> str:
    try:
        parts = _split(text, ("http", "https"))
    except ValueError as fault:
        shown = repr(text) if "@" not in text else "an origin"  # before the @ there may be a password
        raise ValueError(f"{shown} {fault}; an origin is, for example, https://data.undp.org") from None
    if parts.path not in {"", "/"}:
        raise ValueError(f"{text!r} has a path; an origin is, for example, https://data.undp.org")
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else str(parts.hostname)
    port = "" if parts.port in {None, _PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _storage_url(url: str, service: str, form: str, schemes: Sequence[str]) -> SplitResult:
    try:
        parts = _split(url, schemes)
    except ValueError as fault:
        raise ValueError(f"must be of the form {form}; it {fault}") from None
    labels = str(parts.hostname).split(".")
    if len(labels) > 2 and labels[1] in STORAGE_SERVICES - {service}:
        raise ValueError(f"must be of the form {form}; it is an address of the {labels[1]} service")
    return parts


def _split(url: str, schemes: Sequence[str]) -> SplitResult:
    """The parts of a URL that has no user, query or fragment."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("is not a URL") from None
    if parts.scheme not in schemes:
        raise ValueError(f"does not begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if "@" in parts.netloc:
        raise ValueError("has a user name")
    if "?" in url or "#" in url:
        raise ValueError("has a query (?…) or fragment (#…)")
    if port == 0 or parts.netloc.endswith(":") or not (_HOST.fullmatch(host) or _is_ip(host)):
        raise ValueError("has no valid host name")
    return parts


def _has_account_in_path(parts: SplitResult) -> bool:
    """Whether the account is the path's first segment, as on development servers such as Azurite."""
    host = str(parts.hostname)
    return "." not in host or _is_ip(host)


def _check_place(pairs: Mapping[str, str], services: Sequence[str]) -> None:
    if "ACCOUNTNAME" in pairs and not _ACCOUNT.fullmatch(pairs["ACCOUNTNAME"]):
        raise ValueError("has an AccountName that is not 3 to 24 lower-case letters and digits")
    if pairs.get("DEFAULTENDPOINTSPROTOCOL", "https") not in _PORTS:
        raise ValueError("has a DefaultEndpointsProtocol other than https and http")
    if not _HOST.fullmatch(pairs.get("ENDPOINTSUFFIX", PUBLIC_SUFFIX)):
        raise ValueError("has an EndpointSuffix that is not a host name")
    for service in services:
        endpoint = pairs.get(f"{service}Endpoint".upper())
        if endpoint is not None:
            try:
                check_endpoint(endpoint, service, tuple(_PORTS))
            except ValueError as fault:
                raise ValueError(f"has a {service.capitalize()}Endpoint that {fault}") from None
        elif f"{service}SecondaryEndpoint".upper() in pairs:
            raise ValueError(f"has a {service.capitalize()}SecondaryEndpoint without a {service.capitalize()}Endpoint")


def _check_credential(pairs: Mapping[str, str]) -> None:
    if "ACCOUNTKEY" in pairs:
        if "ACCOUNTNAME" not in pairs:
            raise ValueError("has an AccountKey without an AccountName")
        try:
            b64decode(pairs["ACCOUNTKEY"], validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("has an AccountKey that is not base64, perhaps cut off") from None
    elif "SHAREDACCESSSIGNATURE" not in pairs:
        raise ValueError("has neither AccountKey nor SharedAccessSignature")
    elif not _SIGNATURE.fullmatch(pairs["SHAREDACCESSSIGNATURE"]):
        raise ValueError("has a SharedAccessSignature without sig=…")


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
