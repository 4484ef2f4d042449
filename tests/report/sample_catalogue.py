"""Hand-made rows of a catalogue for report tests."""

from msgprobe.model.control import Controls, Site, Source
from msgprobe.model.target import (
    Asset,
    Direction,
    Endpoint,
    Function,
    Key,
    Pool,
    Provenance,
    Service,
    Trust,
)

SOURCE = Provenance(source="made up for this test", date="2026-01")


def service(name: str = "telegram") -> Service:
    return Service(
        name=name,
        title=name.title(),
        primary=Function.TEXT,
        pools=(
            Pool(name="chat", function=Function.TEXT),
            Pool(name="web", function=Function.WEB),
        ),
        endpoints=(
            Endpoint(
                name="dc1",
                pool="chat",
                member="dc1",
                check="mtproto",
                port=443,
                addresses=("192.0.2.1",),
                provenance=SOURCE,
            ),
            Endpoint(
                name="web",
                pool="web",
                member="web",
                check="https",
                port=443,
                host=f"web.{name}.example",
                options=(("key", "value"),),
                provenance=SOURCE,
            ),
        ),
        assets=(
            Asset(
                name="web-script",
                function=Function.WEB,
                host=f"web.{name}.example",
                find='src="[*]"',
                addresses=("192.0.2.80",),
                provenance=SOURCE,
            ),
            Asset(
                name="chat-upload",
                function=Function.TEXT,
                host=f"chat.{name}.example",
                path="/messages",
                direction=Direction.UP,
                trust=Trust.PINNED,
                provenance=SOURCE,
            ),
        ),
        core=True,
        keys=(
            Key(
                name="production",
                modulus="c0ffee",
                exponent=65537,
                fingerprint="d09d1d85de64fd85",
                old_padding=True,
                provenance=SOURCE,
            ),
        ),
        untestable=((Function.CALLS, "needs an account"),),
        provenance=SOURCE,
    )


def controls() -> Controls:
    return Controls(
        sites=(
            Site(
                name="neutral",
                host="example.com",
                owner="IANA",
                network="one",
                provenance=SOURCE,
            ),
        ),
        sources=(
            Source(
                name="mirror",
                host="mirror.example",
                owner="A university",
                network="two",
                path="/{bytes}.bin",
                upload_path="/up",
                any_name=True,
                provenance=SOURCE,
            ),
        ),
        holes=(53, 123),
    )
