"""What every object that tells of a run carries: which run, when, with what, asked for what, where.

With these keys alone rows of many runs and many lines can be laid side by side.
"""

from typing import Any

from msgprobe.model.codec import to_json
from msgprobe.model.run import Run


def keys(run: Run) -> dict[str, Any]:
    """The keys, in the order in which they are written. Null is what the user did not say."""
    return {
        "tool": {
            "name": run.tool.name,
            "version": run.tool.version,
            "rules_version": run.verdict.rules_version,
            "python": run.tool.python,
            "openssl": run.tool.openssl,
            "platform": run.tool.platform,
        },
        "run_id": run.run_id,
        "catalogue_sha256": run.catalogue_sha256,
        "started_at": run.started_at,
        "request": to_json(run.evidence.request),
        "country": run.evidence.request.country,
        "asn": run.vantage.asn,
        "label": run.vantage.label,
        "series": run.vantage.series,
    }
