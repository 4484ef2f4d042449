"""The texts of a sealed package: how a stranger checks it, and a draft for a person to sign.

The commands stand on lines of their own, indented by four spaces, to be copied as they are; a test
does just that.
"""

from textwrap import fill

from msgprobe.sealing.package import Facts

_WIDTH = 100

_INTRODUCTION = """\
MEASUREMENTS OF MESSENGERS, SEALED
==================================

{what}

{proves}

What it does not prove: who made it, that the device was honest, or what the network did at other
times. A copied file has no history: ask for this one from whoever had it first.

    evidence/NNNN.json    a run, byte by byte as it was saved: what was sent, what came, when, and
                          (evidence.services) what the program knew about each messenger
    evidence/NNNN.html    the same for people: open it in a browser; it loads nothing
    history.jsonl         one line a run, in order; each holds the hash of the line before it
{remembered}{catalogue}    certificate.txt       a draft for a person to complete and sign
    package.sha256        the hash of every file; evidence/NNNN.sha256: of those of one run
    datapackage.json      the same in the layout of signed WACZ packages
{signed}
"""

_WHAT = (
    "In this package {runs}, made by the program msgprobe: what a device was answered, or not, "
    "when it asked for messengers and, at the same time, for other servers. It was put together on "
    "{created} by the clock of that device, which proves nothing about the time, by version "
    "{version} of the program."
)
_PROVES = "What it proves: that nothing in it was changed since the key in key.pem signed it."
_PROVES_NOTHING = (
    "What it proves: nothing by itself, for it is not signed. Its hashes show damage, not forgery."
)

_REMEMBERED = """\
    remembered.jsonl      what the same device remembered of other times, to the minute: words
                          without evidence; chained in the same way
"""

_CATALOGUE = """\
    catalogue/            the target files: what the program knew about each messenger. Those of a
                          run are these if its catalogue_sha256 is what this prints:
                              LC_ALL=C sh -c 'cat catalogue/*.toml' | sha256sum
"""

_SIGNED = """\
    package.sig, key.pem  the signature of package.sha256 (Ed25519), and the key that it is by
"""

_CHECK = """\

TO CHECK IT WITHOUT MSGPROBE
----------------------------

With sha256sum (GNU coreutils) and openssl (3.0 or newer), on a computer without network if you
like. Unpack the file into an empty folder, open a terminal there, and type what is indented.

1. No file was changed. Every line has to end in "OK":

    sha256sum --check --strict package.sha256 evidence/*.sha256

   (On a Mac: shasum -a 256 --check --strict, with the same files.)
   Only package.sha256 itself, package.sig, stamp.tsr and stamp.sha256 are in no list. Any other
   file that is not was not sealed: do not rely on it.
"""

_CHECK_SIGNATURE = """\

2. The list was signed by the key in the package. It has to say "Signature Verified Successfully":

    openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in package.sha256 -sigfile package.sig

3. The key is the one that you were told, if you were told one. This is its fingerprint:

    openssl pkey -pubin -in key.pem -outform DER | sha256sum

   Anybody can make a key. Unless whoever signed has shown you this number, or published it, the key
   tells that one hand sealed all of this, not whose.
"""

_NO_SIGNATURE = """\

2. Nothing here is signed: the program had no library for it. Whoever changed a file could have made
   the lists anew. Only a time stamp (below), or the number that this prints, if it was written down
   elsewhere at the time, shows that nobody did:

    sha256sum package.sha256
"""

_STAMP = """\

TIME STAMP
----------

If there is a file stamp.tsr, a time-stamping authority (RFC 3161) has signed that it saw the hash
of package.sha256 at a certain time. Get the certificate of that authority from itself, call it
authority.pem, and type the first line; it has to say "Verification: OK". The second one says when,
and by whom:

    openssl ts -verify -in stamp.tsr -data package.sha256 -CAfile authority.pem
    openssl ts -reply -in stamp.tsr -text

If there is none, one can still be had, for the day on which it is asked for. This makes the
request, and nothing but a hash is in it:

    openssl ts -query -data package.sha256 -sha256 -cert -no_nonce -out request.tsq

IF THERE IS A FILE taken-out.txt
--------------------------------

Then this is a copy: somebody has taken out what that file names, and with it the original of those
runs (NNNN.json, NNNN.html). All that is left is still the sealed text. Instead of step 1:

    sha256sum --check --strict --ignore-missing package.sha256

and for each run NNNN that has a file evidence/NNNN.fields, here for 0001. The first line has to
print a line of the history; what the last one prints are the fields that are gone:

    grep "$(sha256sum < evidence/0001.leaves | cut -c 1-64)" history.jsonl
    mkdir fields
    split -l 1 -a 6 evidence/0001.fields fields/
    sha256sum fields/* | cut -c 1-64 > found.txt
    paste -d ' ' found.txt evidence/0001.leaves | grep -v '^\\(.*\\) \\1  '

Each line of evidence/0001.fields is a field: random letters, and its value; the same line of
evidence/0001.leaves has the hash of it, and its name. For runs that are whole:

    sha256sum --check --strict evidence/*.sha256

WITH MSGPROBE
-------------

    msgprobe verify FILE.zip

does all of this at once, and finds as well what was added to the package or put in another order.
"""

_CERTIFICATE = """\
CERTIFICATE OF RECORDS GENERATED BY AN ELECTRONIC PROCESS
=========================================================
DRAFT. Written by a program after United States Federal Rules of Evidence 902(13) and 902(14). It is
no legal advice. Other courts ask for other words: show it to a lawyer. It says nothing until a
person who knows how the records were made has filled in the blanks, struck out what is not so, and
signed it. Do not sign what you do not know yourself, and think of what your name here may bring
upon you.

1. My name is ____________________________________. I am ______________________________________
   (profession, employer), and qualified to certify this because _____________________________.

2. The records {records} were made by the program
   msgprobe, and sealed by its version {version}, on a device that I / ___________________ used at
   ______________________ (place, network) on ______________________ (dates).

3. The program asks the servers of messengers for an answer, as their apps do, and other servers at
   the same time, and writes down what was sent, what came, and when. It draws its conclusions from
   that record by written rules; the record allows everybody to draw them again. In my knowledge
   this process gives an accurate result, because ______________________________________________.

4. The device's clock was / was not right at that time. I know this because __________________.

5. The records have not been changed since they were sealed. I know this because their SHA-256
   hashes are those in the list package.sha256, as the file README.txt says how to check, and the
   SHA-256 of that list is (print it with: sha256sum package.sha256)

   ______________________________________________________________________________________________

   The last line of the history has the SHA-256
   {head}
   {key}

6. Since they were sealed they were kept by __________________________________________________.

I declare under penalty of perjury that the foregoing is true and correct (28 U.S.C. 1746).

Date: ____________________   Signature: ________________________________________________________
"""


def readme(facts: Facts) -> str:
    """README.txt: what the package is, what it proves, and the commands that check it."""
    signed = facts.key is not None
    count = len(facts.runs)
    what = _WHAT.format(
        runs="is one measurement" if count == 1 else f"are {count} measurements",
        version=facts.version,
        created=facts.created,
    )
    head = _INTRODUCTION.format(
        what=fill(what, _WIDTH),
        proves=fill(_PROVES if signed else _PROVES_NOTHING, _WIDTH),
        catalogue=_CATALOGUE if facts.catalogue else "",
        remembered=_REMEMBERED if facts.remembered else "",
        signed=_SIGNED if signed else "",
    )
    return head.rstrip() + "\n" + _CHECK + (_CHECK_SIGNATURE if signed else _NO_SIGNATURE) + _STAMP


def certificate(facts: Facts) -> str:
    """certificate.txt: what a person would have to declare for a court to admit the records."""
    first, last = facts.runs[0], facts.runs[-1]
    one = f"evidence/{first}.json"
    key = "Nothing was signed." if facts.key is None else f"and the key is\n   {facts.key}"
    return _CERTIFICATE.format(
        records=one if first == last else f"{one} to evidence/{last}.json",
        version=facts.version,
        head=facts.head,
        key=key,
    )


TEXTS = {"README.txt": readme, "certificate.txt": certificate}
"""The files for people in every package."""
