"""The description of what programs can read (OpenAPI 3.1), made from the same table as the addresses."""

from __future__ import annotations

from typing import Any

from clinic.programs import EXPORTS, Export

REFUSALS = {
    "401": "No token, or one that is not valid any more",
    "403": "The token may not read this",
    "429": "Too many requests within an hour",
    "503": "The access could not be written down, so nothing is told",
}


def document() -> dict[str, Any]:
    """Plain values, in an order that does not change."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Headache Diary",
            "version": "1",
            "description": (
                "Reads one patient's own diary with a token that the patient made. Nothing can be written. A date that "
                "is not in the diary was not recorded; it was not free of headache. The patient sees every use."
            ),
        },
        "security": [{"token": []}],
        "paths": {f"/api/v1/{name}": {"get": _operation(name, export)} for name, export in EXPORTS.items()},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Refusal": {
                    "type": "object",
                    "required": ["error"],
                    "properties": {"error": {"type": "string"}},
                }
            },
        },
    }


def _operation(name: str, export: Export) -> dict[str, Any]:
    refusal = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    return {
        "operationId": name.replace(".", "_"),
        "summary": export.words,
        "description": f"The token needs: {', '.join(sorted(export.scopes))}.",
        "responses": {
            "200": {
                "description": export.words,
                "content": {export.content_type.partition(";")[0]: {"schema": {}}},
            },
            **{
                status: {"description": words, **({} if status == "503" else {"content": refusal})}
                for status, words in REFUSALS.items()
            },
        },
    }
