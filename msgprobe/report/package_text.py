"""The texts of a sealed package: how a stranger checks it, and a draft for a person to sign.

The commands stand on lines of their own, indented by four spaces, to be copied as they are; a test
does just that.
"""

from collections.abc import Iterator, Sequence

from msgprobe.report.columns import cells, padded, wrap
from msgprobe.report.language import _, ngettext
from msgprobe.sealing.package import Facts

_WIDTH = 100
_NAMES = 22
"""Columns for the names of files."""


def _heading(text: str, line: str = "-") -> str:
    return f"{text}\n{line * cells(text)}"


def _paragraph(text: str, number: int | None = None) -> str:
    """``text`` in lines; behind ``number`` where it is one of several steps."""
    first = "" if number is None else f"{number}. "
    return "\n".join(wrap(text, _WIDTH, first=first, other=" " * len(first)))


def _beside(text: str) -> str:
    """A paragraph that belongs to the step above."""
    return "\n".join(wrap(text, _WIDTH, first="   ", other="   "))


def _commands(*lines: str) -> str:
    return "\n".join(f"    {line}" for line in lines)


def _file(name: str, text: str) -> str:
    """One of a list of files."""
    return "\n".join(
        wrap(text, _WIDTH, first=f"    {padded(name, _NAMES)}", other=" " * (4 + _NAMES))
    )


def readme(facts: Facts) -> str:
    """README.txt: what the package is, what it proves, and the commands that check it."""
    signed = facts.key is not None
    parts = [
        *_introduction(facts),
        *_check(),
        *(_signature() if signed else _no_signature()),
        *_stamp(),
        *_taken_out(),
        _heading(_("WITH MSGPROBE")),
        _commands("msgprobe verify FILE.zip"),
        _paragraph(
            _(
                "does all of this at once, and finds as well what was added to the package or put "
                "in another order."
            )
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _introduction(facts: Facts) -> Iterator[str]:
    yield _heading(_("MEASUREMENTS OF MESSENGERS, SEALED"), "=")
    what = ngettext(
        "In this package is {count} measurement, made by the program msgprobe: what a device was "
        "answered, or not, when it asked for messengers and, at the same time, for other servers. "
        "It was put together on {{created}} by the clock of that device, which proves nothing "
        "about the time, by version {{version}} of the program.",
        "In this package are {count} measurements, made by the program msgprobe: what a device was "
        "answered, or not, when it asked for messengers and, at the same time, for other servers. "
        "It was put together on {{created}} by the clock of that device, which proves nothing "
        "about the time, by version {{version}} of the program.",
        len(facts.runs),
    )
    yield _paragraph(what.format(created=facts.created, version=facts.version))
    if facts.key is not None:
        proves = _(
            "What it proves: that nothing in it was changed since the key in key.pem signed it."
        )
    else:
        proves = _(
            "What it proves: nothing by itself, for it is not signed. Its hashes show damage, not "
            "forgery."
        )
    yield _paragraph(proves)
    yield _paragraph(
        _(
            "What it does not prove: who made it, that the device was honest, or what the network "
            "did at other times. A copied file has no history: ask for this one from whoever had "
            "it first."
        )
    )
    yield "\n".join(_files(facts))


def _files(facts: Facts) -> Iterator[str]:
    """What is in the package."""
    yield _file(
        "evidence/NNNN.json",
        _(
            "a run, byte by byte as it was saved: what was sent, what came, when, and "
            "(evidence.services) what the program knew about each messenger"
        ),
    )
    yield _file(
        "evidence/NNNN.html",
        _("the same for people: open it in a browser; it loads nothing"),
    )
    yield _file(
        "history.jsonl",
        _("one line a run, in order; each holds the hash of the line before it"),
    )
    if facts.remembered:
        yield _file(
            "remembered.jsonl",
            _(
                "what the same device remembered of other times, to the minute: words without "
                "evidence; chained in the same way"
            ),
        )
    if facts.catalogue:
        yield _file(
            "catalogue/",
            _(
                "the target files: what the program knew about each messenger. Those of a run are "
                "these if its catalogue_sha256 is what this prints:"
            ),
        )
        yield " " * (8 + _NAMES) + "LC_ALL=C sh -c 'cat catalogue/*.toml' | sha256sum"
    yield _file("certificate.txt", _("a draft for a person to complete and sign"))
    yield _file(
        "package.sha256", _("the hash of every file; evidence/NNNN.sha256: of those of one run")
    )
    yield _file("datapackage.json", _("the same in the layout of signed WACZ packages"))
    if facts.key is not None:
        yield _file(
            "package.sig, key.pem",
            _("the signature of package.sha256 (Ed25519), and the key that it is by"),
        )


def _check() -> Iterator[str]:
    yield _heading(_("TO CHECK IT WITHOUT MSGPROBE"))
    yield _paragraph(
        _(
            "With sha256sum (GNU coreutils) and openssl (3.0 or newer), on a computer without "
            "network if you like. Unpack the file into an empty folder, open a terminal there, and "
            "type what is indented."
        )
    )
    yield _paragraph(_('No file was changed. Every line has to end in "OK":'), 1)
    yield _commands("sha256sum --check --strict package.sha256 evidence/*.sha256")
    mac = _("(On a Mac: shasum -a 256 --check --strict, with the same files.)")
    rest = _(
        "Only package.sha256 itself, package.sig, stamp.tsr and stamp.sha256 are in no list. Any "
        "other file that is not was not sealed: do not rely on it."
    )
    yield f"{_beside(mac)}\n{_beside(rest)}"


def _signature() -> Iterator[str]:
    yield _paragraph(
        _(
            "The list was signed by the key in the package. It has to say "
            '"Signature Verified Successfully":'
        ),
        2,
    )
    yield _commands(
        "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in package.sha256 "
        "-sigfile package.sig"
    )
    yield _paragraph(
        _("The key is the one that you were told, if you were told one. This is its fingerprint:"),
        3,
    )
    yield _commands("openssl pkey -pubin -in key.pem -outform DER | sha256sum")
    yield _beside(
        _(
            "Anybody can make a key. Unless whoever signed has shown you this number, or published "
            "it, the key tells that one hand sealed all of this, not whose."
        )
    )


def _no_signature() -> Iterator[str]:
    yield _paragraph(
        _(
            "Nothing here is signed: the program had no library for it. Whoever changed a file "
            "could have made the lists anew. Only a time stamp (below), or the number that this "
            "prints, if it was written down elsewhere at the time, shows that nobody did:"
        ),
        2,
    )
    yield _commands("sha256sum package.sha256")


def _stamp() -> Iterator[str]:
    yield _heading(_("TIME STAMP"))
    yield _paragraph(
        _(
            "If there is a file stamp.tsr, a time-stamping authority (RFC 3161) has signed that it "
            "saw the hash of package.sha256 at a certain time. Get the certificate of that "
            "authority from itself, call it authority.pem, and type the first line; it has to say "
            '"Verification: OK". The second one says when, and by whom:'
        )
    )
    yield _commands(
        "openssl ts -verify -in stamp.tsr -data package.sha256 -CAfile authority.pem",
        "openssl ts -reply -in stamp.tsr -text",
    )
    yield _paragraph(
        _(
            "If there is none, one can still be had, for the day on which it is asked for. This "
            "makes the request, and nothing but a hash is in it:"
        )
    )
    yield _commands(
        "openssl ts -query -data package.sha256 -sha256 -cert -no_nonce -out request.tsq"
    )


def _taken_out() -> Iterator[str]:
    yield _heading(_("IF THERE IS A FILE taken-out.txt"))
    yield _paragraph(
        _(
            "Then this is a copy: somebody has taken out what that file names, and with it the "
            "original of those runs (NNNN.json, NNNN.html). All that is left is still the sealed "
            "text. Instead of step 1:"
        )
    )
    yield _commands("sha256sum --check --strict --ignore-missing package.sha256")
    yield _paragraph(
        _(
            "and for each run NNNN that has a file evidence/NNNN.fields, here for 0001. The first "
            "line has to print a line of the history; what the last one prints are the fields that "
            "are gone:"
        )
    )
    yield _commands(
        'grep "$(sha256sum < evidence/0001.leaves | cut -c 1-64)" history.jsonl',
        "mkdir fields",
        "split -l 1 -a 6 evidence/0001.fields fields/",
        "sha256sum fields/* | cut -c 1-64 > found.txt",
        "paste -d ' ' found.txt evidence/0001.leaves | grep -v '^\\(.*\\) \\1  '",
    )
    yield _paragraph(
        _(
            "Each line of evidence/0001.fields is a field: random letters, and its value; the same "
            "line of evidence/0001.leaves has the hash of it, and its name. For runs that are "
            "whole:"
        )
    )
    yield _commands("sha256sum --check --strict evidence/*.sha256")


def certificate(facts: Facts) -> str:
    """certificate.txt: what a person would have to declare for a court to admit the records."""
    title = _("CERTIFICATE OF RECORDS GENERATED BY AN ELECTRONIC PROCESS")
    draft = _(
        "DRAFT. Written by a program after United States Federal Rules of Evidence 902(13) and "
        "902(14). It is no legal advice. Other courts ask for other words: show it to a lawyer. It "
        "says nothing until a person who knows how the records were made has filled in the blanks, "
        "struck out what is not so, and signed it. Do not sign what you do not know yourself, and "
        "think of what your name here may bring upon you."
    )
    parts = [f"{_heading(title, '=')}\n{_paragraph(draft)}"]
    parts += [_paragraph(text, n) for n, text in enumerate(_declared(facts), 1)]
    parts[5] += "\n\n" + "\n".join(_hashes(facts))
    parts.append(
        _paragraph(
            _(
                "I declare under penalty of perjury that the foregoing is true and correct (28 "
                "U.S.C. 1746)."
            )
        )
    )
    blank = "_" * 20
    signature = _("Date: {blank}   Signature: {longer}")
    parts.append(signature.format(blank=blank, longer="_" * 56))
    return "\n\n".join(parts) + "\n"


def _declared(facts: Facts) -> Sequence[str]:
    """What is declared, in six points."""
    first, last = facts.runs[0], facts.runs[-1]
    made = (
        _(
            "The records {first} were made by the program msgprobe, and sealed by its version "
            "{version}, on a device that I / ___________________ used at ______________________ "
            "(place, network) on ______________________ (dates)."
        )
        if first == last
        else _(
            "The records {first} to {last} were made by the program msgprobe, and sealed by its "
            "version {version}, on a device that I / ___________________ used at "
            "______________________ (place, network) on ______________________ (dates)."
        )
    )
    return (
        _(
            "My name is ____________________________________. I am "
            "______________________________________ (profession, employer), and qualified to "
            "certify this because _____________________________."
        ),
        made.format(
            first=f"evidence/{first}.json", last=f"evidence/{last}.json", version=facts.version
        ),
        _(
            "The program asks the servers of messengers for an answer, as their apps do, and other "
            "servers at the same time, and writes down what was sent, what came, and when. It "
            "draws its conclusions from that record by written rules; the record allows everybody "
            "to draw them again. In my knowledge this process gives an accurate result, because "
            "______________________________________________."
        ),
        _(
            "The device's clock was / was not right at that time. I know this because "
            "__________________."
        ),
        _(
            "The records have not been changed since they were sealed. I know this because their "
            "SHA-256 hashes are those in the list package.sha256, as the file README.txt says how "
            "to check, and the SHA-256 of that list is (print it with: sha256sum package.sha256)"
        ),
        _(
            "Since they were sealed they were kept by "
            "__________________________________________________."
        ),
    )


def _hashes(facts: Facts) -> Iterator[str]:
    """What the fifth point rests on."""
    yield f"   {'_' * 94}\n"
    yield _beside(_("The last line of the history has the SHA-256"))
    yield f"   {facts.head}"
    if facts.key is None:
        yield _beside(_("Nothing was signed."))
    else:
        yield _beside(_("and the key is"))
        yield f"   {facts.key}"


TEXTS = {"README.txt": readme, "certificate.txt": certificate}
"""The files for people in every package."""
