from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from whitenoise.storage import CompressedManifestStaticFilesStorage

CHARTS = "vendor/chart.js/chart.umd.js"


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    support_js_module_import_aggregation = True

    def post_process(self, paths: dict[str, Any], **options: Any) -> Iterator[Any]:
        # ./run goes on without the chart library, a deployment must not: say so before anything is served.
        if CHARTS not in paths:
            raise ImproperlyConfigured("Chart.js is missing: run ./run manage collectstatic with a network.")
        yield from super().post_process(paths, **options)
