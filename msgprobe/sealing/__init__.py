"""Saved runs become a package that a stranger can check without this program.

Bytes in, bytes out: nothing here reads a clock, a network or a file that it was not given. The
package's parts, from the inside out:

- `leaves`: every field of a run by itself, hashed with a salt, so that it can be taken out later;
- `chain`: each run tied to the one before it;
- `listing`: the hash of every file, and the same in the layout of signed WACZ packages;
- `signature` (Ed25519) and `stamp` (RFC 3161) over that list;
- `container`: the zip file, of which there is exactly one for the same files.

`package` makes one, `take_out` takes fields out of one, `check` finds whatever was changed.
"""
