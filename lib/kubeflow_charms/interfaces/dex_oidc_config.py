"""`dex-oidc-config`: Dex tells its clients which issuer it is.

Format: one plain key, `issuer-url`, as the library published with dex-auth writes it. Ours adds `internal-url`,
where pods reach the same issuer without leaving the cluster; readers of the published format pass over it.
"""

from typing import Annotated

import msgspec

from ..relations.codecs import Flat
from ..relations.endpoints import Interface


class IssuerConfiguration(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """Where the issuer is.

    Attributes:
        issuer_url: the issuer's name, in every token.
        internal_url: the same issuer as pods reach it; empty if the issuer does not say.
    """

    issuer_url: Annotated[str, msgspec.Meta(pattern=r"^https?://\S+$")]
    internal_url: Annotated[str, msgspec.Meta(pattern=r"^(https?://\S+)?$")] = ""


DEX_OIDC_CONFIG = Interface("dex-oidc-config", provider=Flat(IssuerConfiguration))
