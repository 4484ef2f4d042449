"""``python -m msgprobe`` is the ``msgprobe`` command."""

from msgprobe.cli.main import main

if __name__ == "__main__":
    main()
