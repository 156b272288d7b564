"""Reading the files of a form: their sizes before their bytes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from orders.errors import FileRefused
from orders.models import ComplaintFile
from orders.services.complaints.files import MAX_BYTES, MAX_FILES, Upload


def uploads_of(request: HttpRequest) -> tuple[Upload, ...]:
    """Return the form's files; raise FileRefused when one is too large or there are too many."""
    files = [file for file in request.FILES.getlist("files") if file.size]
    if len(files) > MAX_FILES or any((file.size or 0) > MAX_BYTES for file in files):
        raise FileRefused
    return tuple(Upload(name=file.name or "", content=file.read()) for file in files)


def as_attachment(file: ComplaintFile) -> HttpResponse:
    """Answer with a file that a browser saves and never shows: nobody's picture runs in our name."""
    response = HttpResponse(bytes(file.content), content_type=file.media_type)
    response["Content-Disposition"] = f'attachment; filename="{file.pk}{file.name[file.name.rindex(".") :]}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
