"""What target files did with their user's leave, in sentences."""

from msgprobe.model.liberty import OVERRIDE_FLAG, Allowances, Liberty, Override, Taken
from msgprobe.report.language import N_, _

_TITLE = "title"
"""The kind of an override that is a likeness of names."""

_DONE = {
    _TITLE: N_("{file} has a service that is called like {name}, as you allowed."),
    Liberty.PRIVATE_ADDRESSES: N_(
        "{file} contacts addresses that are not of the Internet for {name}, as you allowed."
    ),
    Liberty.MAIL_PORTS: N_("{file} contacts ports of mail for {name}, as you allowed."),
}

_NEEDED = {
    _TITLE: N_("{file} has a service that is called like {name}: needs {flag}"),
    Liberty.PRIVATE_ADDRESSES: N_(
        "{file} contacts addresses that are not of the Internet for {name}: needs {flag}"
    ),
    Liberty.MAIL_PORTS: N_("{file} contacts ports of mail for {name}: needs {flag}"),
}


def lines(found: Allowances) -> tuple[str, ...]:
    """One sentence each, to be escaped before it is shown."""
    return (*map(_done, found.overrides), *map(_done, found.taken))


def needs(found: Allowances) -> tuple[str, ...]:
    """The same, each with the flag that it takes."""
    return (*map(_needed, found.overrides), *map(_needed, found.taken))


def _done(one: Override | Taken) -> str:
    if isinstance(one, Taken):
        return _(_DONE[one.liberty]).format(file=one.file, name=one.owner)
    if one.kind == _TITLE:
        return _(_DONE[_TITLE]).format(file=one.file, name=one.name)
    said = _("{file} replaces the {kind} {name}, as you allowed.")
    return said.format(file=one.file, kind=one.kind, name=one.name)


def _needed(one: Override | Taken) -> str:
    if isinstance(one, Taken):
        flag = one.liberty.flag
        return _(_NEEDED[one.liberty]).format(file=one.file, name=one.owner, flag=flag)
    if one.kind == _TITLE:
        return _(_NEEDED[_TITLE]).format(file=one.file, name=one.name, flag=OVERRIDE_FLAG)
    said = _("{file} replaces the {kind} {name}: needs {flag}")
    return said.format(file=one.file, kind=one.kind, name=one.name, flag=OVERRIDE_FLAG)
