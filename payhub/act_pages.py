"""Acting on one row from the back office: each act has a page of its own that asks first, and happens by POST.

The stock admin's own ways (a save that carries an action along, actions by GET, buttons that only hide what is not
allowed) are what this replaces. Here a GET shows a form, a POST calls one service, and the service decides who may.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext

from payhub import clock
from payhub.read_only_admin import ReadOnlyAdmin
from payhub.roles import NotYourRole, Role, has_role
from payhub.see_other import SeeOther


class ActForm(forms.Form):
    """A form about one row, filled in by one person."""

    def __init__(self, *args: Any, row: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.row, self.person = row, person


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that can be done with a row."""

    label: Promise
    explain: Promise  #: What happens, to the money too, when it is pressed.
    roles: tuple[Role, ...]  #: Who is shown it; the service asks again.
    do: Callable[[Any, User, Mapping[str, Any], datetime], Promise | str]  #: Returns what to say when it is done.
    form: type[ActForm] = ActForm
    fits: Callable[[Any], bool] = lambda _row: True
    is_grave: bool = False  #: Money, or an end.


class ActAdmin(ReadOnlyAdmin):
    """A read-only screen whose rows can be acted on."""

    acts: Mapping[str, Act] = {}
    refusals: tuple[type[Exception], ...] = (NotYourRole,)

    def get_urls(self) -> list[URLPattern]:
        """Put the pages of acts before the stock ones."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_do"
        own = path("<int:pk>/do/<slug:verb>/", self.admin_site.admin_view(self.act_page), name=name)
        return [own, *super().get_urls()]

    def acts_for(self, row: Any, person: User) -> Iterable[tuple[str, Act]]:
        """Return what this person may do with the row now."""
        return [(verb, act) for verb, act in self.acts.items() if act.fits(row) and has_role(person, *act.roles)]

    def act_page(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Ask (GET), do (POST). Refusals are said on the page in their own words, and nothing is done."""
        row: Any = self.get_queryset(request).filter(pk=pk).first()
        act = self.acts.get(verb)
        if row is None or act is None:
            raise Http404
        person: Any = request.user
        if not self.has_view_permission(request, row) or not has_role(person, *act.roles):
            raise PermissionDenied
        form = act.form(request.POST if request.method == "POST" else None, row=row, person=person)
        if request.method == "POST" and form.is_valid():
            try:
                messages.success(request, str(act.do(row, person, form.cleaned_data, clock.now())))
            except self.refusals as refusal:
                form.add_error(None, gettext(str(refusal)))
            else:
                return SeeOther(self.page_of(row))
        context = {
            **self.admin_site.each_context(request),
            **self.act_context(row),
            "title": act.label,
            "opts": self.opts,
            "original": row,
            "act": act,
            "form": form,
            "back": self.page_of(row),
        }
        return TemplateResponse(request, "admin/act.html", context, status=400 if form.errors else 200)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the row with what this person may do with it."""
        row: Any = self.get_object(request, object_id)
        acts = list(self.acts_for(row, request.user)) if row else []  # type: ignore[arg-type]  # behind admin_view
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "acts": acts})

    def act_context(self, row: Any) -> dict[str, Any]:
        """Return what the page that asks shows besides the form."""
        return {}

    def page_of(self, row: Any) -> str:
        """Return the address of the row's own page."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])
