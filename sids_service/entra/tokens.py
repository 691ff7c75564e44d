"""Whether an access token of Entra ID grants access.

Checked are signature (RS256 with a key of the tenant), times, tenant, issuer (of tokens of version 1 and 2), audience,
and that it has one of the required roles: `roles` of an application or a user, or `scp` of a user's client. ID tokens
are refused, which the same keys sign and which may hold roles.
https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
"""

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers

from sids_service.entra.signing_keys import SigningKeys
from sids_service.errors import ForbiddenError, UnauthorizedError

ALGORITHM = "RS256"
LEEWAY_SECONDS = 60
"""By which clocks may differ."""

LONGEST = 2**15
V1_ISSUER = "https://sts.windows.net/{tenant}/"
ANY_TENANT = "{tenantid}"
"""Stands for the tenant in the issuer of keys that Entra ID uses for every tenant."""

CLAIMS = ("exp", "nbf", "iss", "aud", "tid")

REASONS: Mapping[str, str] = {
    "ExpiredSignatureError": "it has expired",
    "ImmatureSignatureError": "it is not valid yet",
    "InvalidAudienceError": "it is for another audience",
    "InvalidIssuerError": "another issuer or tenant issued it",
    "InvalidSignatureError": "its signature is wrong",
    "MissingRequiredClaimError": "it lacks a claim that access tokens have",
}
"""PyJWT's error → what a client is told; its own messages may quote the token."""


class Tokens:
    """Checks the tokens of one tenant for one audience.

    Args:
        authority: of the cloud, such as https://login.microsoftonline.com.
        tenant: its id.
        audiences: any of them.
        roles: any of them is enough.
    """

    def __init__(self, authority: str, tenant: str, audiences: tuple[str, ...], roles: tuple[str, ...]) -> None:
        self._tenant = tenant
        self._issuers = (f"{authority}/{tenant}/v2.0", V1_ISSUER.format(tenant=tenant))
        self._audiences = audiences
        self._roles = roles
        of_keys = (*self._issuers, *(issuer.replace(tenant, ANY_TENANT) for issuer in self._issuers))
        self._keys = SigningKeys(f"{authority}/{tenant}/discovery/v2.0/keys", of_keys)

    async def check(self, headers: Headers) -> None:
        """Return if the request has a token that grants access.

        Raises:
            UnauthorizedError: it has none, or one that is not valid.
            ForbiddenError: the token is valid but has none of the roles.
            SigningKeysError: the keys cannot be read.
        """
        claims = await self._claims(_bearer(headers))
        roles, scopes = claims.get("roles"), claims.get("scp")
        granted = {role for role in roles if isinstance(role, str)} if isinstance(roles, list) else set()
        granted |= set(scopes.split()) if isinstance(scopes, str) else set()
        if not granted & set(self._roles):
            needed = " or ".join(self._roles)
            raise ForbiddenError(f"The token is valid, but has neither the role nor the scope {needed}", self._roles)

    async def _claims(self, token: str) -> Mapping[str, Any]:
        import jwt

        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise UnauthorizedError.because("it is not a JSON Web Token") from None
        name = header.get("kid")
        if header.get("alg") != ALGORITHM or not isinstance(name, str):
            raise UnauthorizedError.because(f"it is not signed with {ALGORITHM} and a named key")
        key = await self._keys.find(name)
        if key is None:
            raise UnauthorizedError.because("it is signed with a key that the tenant does not have")
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=self._audiences,
                issuer=self._issuers,
                leeway=LEEWAY_SECONDS,
                options={"require": list(CLAIMS)},
            )
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            reason = REASONS.get(type(error).__name__, "it is malformed")
            raise UnauthorizedError.because(reason) from None
        if claims["tid"] != self._tenant:
            raise UnauthorizedError.because(REASONS["InvalidIssuerError"])
        if not (claims.get("azp") or claims.get("appid")):  # names the client: in every access token, in no ID token
            raise UnauthorizedError.because("it is not an access token")
        return claims


def _bearer(headers: Headers) -> str:
    """The token of the header Authorization (RFC 6750)."""
    given = headers.getlist("authorization")
    if not given:
        raise UnauthorizedError
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() != "bearer":
        raise UnauthorizedError
    token = token.strip()
    if len(given) > 1 or not token.isascii() or len(token) > LONGEST:
        raise UnauthorizedError.because("it is not a JSON Web Token")
    return token
