from django.urls import path

from clinic import (
    adverse_pages,
    audit_pages,
    caseload_pages,
    criteria_pages,
    data_pages,
    decision_pages,
    diary_pages,
    import_pages,
    joining,
    linking,
    own_import_pages,
    paper_pages,
    patient_pages,
    program_pages,
    report_pages,
    session_pages,
    sharing_pages,
    staff_pages,
    views,
    visit_pages,
)
from clinic.programs import EXPORTS, ROUTE

urlpatterns = [
    path("welcome/", views.front_door, name="front_door"),
    path("months/", diary_pages.months, name="months"),
    path("months/<month:first>/", diary_pages.month, name="month"),
    path("trends/", diary_pages.trends, name="trends"),
    path("data/", data_pages.data, name="data"),
    path("data/programs/", program_pages.program_list, name="programs"),
    path("data/programs/<row:token_id>/end/", program_pages.end_program, name="end_program"),
    *(
        path(f"api/v1/{name}", program_pages.export, {"name": name}, name=f"{ROUTE}{name}")
        for name in EXPORTS
    ),
    path("api/v1/openapi.json", program_pages.openapi, name="openapi"),
    path("data/copy/", data_pages.copy, name="take_copy"),
    path("data/import/", own_import_pages.import_own, name="import_own"),
    path(
        "data/import/<row:import_id>/take-back/", own_import_pages.take_back_import, name="take_back_import"
    ),
    path("data/delete/", data_pages.delete, name="delete_diary"),
    path("data/delete/ask/", data_pages.ask_deletion, name="ask_deletion"),
    path("data/keep/", data_pages.keep, name="keep_diary"),
    # Sharing, for patients
    path("sharing/", sharing_pages.sharing, name="sharing"),
    path("sharing/looks/", sharing_pages.looks, name="looks"),
    path("sharing/code/", sharing_pages.make_code, name="make_code"),
    path("sharing/code/withdraw/", sharing_pages.withdraw_code, name="withdraw_code"),
    path("sharing/<row:link_id>/end/", sharing_pages.end_access, name="end_access"),
    path("sharing/<row:link_id>/notes/keep/", sharing_pages.keep_notes, name="keep_notes"),
    path("sharing/<row:link_id>/notes/share/", sharing_pages.share_notes, name="share_notes"),
    path("sharing/<row:link_id>/agree/", sharing_pages.agree_again, name="agree_again"),
    # Invitations, for whoever holds one
    path("join/", joining.join, name="join"),
    path("join/accept/", joining.accept, name="accept_invitation"),
    path("join/<str:token>/", joining.open_invitation, name="open_invitation"),
    path("clinic/", caseload_pages.caseload_page, name="caseload"),
    path("clinic/link/", linking.link, name="link"),
    path("clinic/invite/", linking.invite, name="invite"),
    path(
        "clinic/invite/<row:invitation_id>/withdraw/", linking.withdraw_invitation, name="withdraw_invitation"
    ),
    path("clinic/audit/", audit_pages.service_audit_page, name="service_audit"),
    path("clinic/audit/table/", audit_pages.service_audit_table, name="service_audit_table"),
    path("clinic/staff/", staff_pages.staff, name="staff"),
    path("clinic/staff/invite/", staff_pages.invite_staff, name="invite_staff"),
    path("clinic/staff/<row:membership_id>/role/", staff_pages.change_role, name="change_role"),
    path("clinic/staff/<row:membership_id>/remove/", staff_pages.remove_staff, name="remove_staff"),
    path(
        "clinic/staff/invitations/<row:invitation_id>/withdraw/",
        staff_pages.withdraw_staff_invitation,
        name="withdraw_staff_invitation",
    ),
    path("clinic/patients/<row:patient_id>/", patient_pages.patient, name="patient"),
    path("clinic/patients/<row:patient_id>/days/<month:first>/", patient_pages.days, name="patient_days"),
    path("clinic/patients/<row:patient_id>/report/", report_pages.report, name="report"),
    path("clinic/patients/<row:patient_id>/report.pdf", report_pages.report_file, name="report_file"),
    path("clinic/patients/<row:patient_id>/letter/", report_pages.letter, name="letter"),
    path("clinic/patients/<row:patient_id>/letter.pdf", report_pages.letter_file, name="letter_file"),
    # Visits, reviews and tags
    path("clinic/visits/", visit_pages.visits_page, name="visits"),
    path("clinic/visits/<str:token>.ics", visit_pages.clinic_feed, name="clinic_feed"),
    path("clinic/visits/<row:clinic_id>/calendar/", visit_pages.make_clinic_feed, name="make_clinic_feed"),
    path("clinic/visits/<row:clinic_id>/calendar/end/", visit_pages.end_clinic_feed, name="end_clinic_feed"),
    path("clinic/tags/", visit_pages.tags_page, name="tags"),
    path("clinic/tags/<row:tag_id>/rename/", visit_pages.rename_tag, name="rename_tag"),
    path("clinic/tags/<row:tag_id>/delete/", visit_pages.delete_tag, name="delete_tag"),
    path("clinic/patients/<row:patient_id>/visits/", visit_pages.patient_visits, name="patient_visits"),
    path(
        "clinic/patients/<row:patient_id>/visits/appointment/",
        visit_pages.save_appointment,
        name="save_appointment",
    ),
    path("clinic/patients/<row:patient_id>/visits/reviewed/", visit_pages.add_review, name="add_review"),
    path("clinic/patients/<row:patient_id>/visits/tags/", visit_pages.save_tags, name="save_tags"),
    path("clinic/patients/<row:patient_id>/sessions/", session_pages.sessions, name="sessions"),
    path(
        "clinic/patients/<row:patient_id>/sessions/<row:session_id>/", session_pages.session, name="session"
    ),
    path(
        "clinic/patients/<row:patient_id>/adverse-events/",
        adverse_pages.adverse_events,
        name="adverse_events",
    ),
    path(
        "clinic/patients/<row:patient_id>/adverse-events/<row:event_id>/",
        adverse_pages.adverse_event,
        name="adverse_event",
    ),
    path(
        "clinic/patients/<row:patient_id>/adverse-events/<row:event_id>/withdraw/",
        adverse_pages.withdraw_adverse_event,
        name="withdraw_adverse_event",
    ),
    # Decisions, and the criteria that are looked at
    path("clinic/patients/<row:patient_id>/decisions/", decision_pages.decisions, name="decisions"),
    path(
        "clinic/patients/<row:patient_id>/decisions/<row:decision_id>/",
        decision_pages.decision,
        name="decision",
    ),
    path(
        "clinic/patients/<row:patient_id>/decisions/<row:decision_id>/withdraw/",
        decision_pages.withdraw_decision,
        name="withdraw_decision",
    ),
    path("clinic/criteria/", criteria_pages.criteria, name="criteria"),
    path("clinic/criteria/<row:clinic_id>/follow/", criteria_pages.follow_criteria, name="follow_criteria"),
    path("clinic/criteria/<row:clinic_id>/add/", criteria_pages.add_criteria, name="add_criteria"),
    path("clinic/criteria/sets/<row:set_id>/retire/", criteria_pages.retire_criteria, name="retire_criteria"),
    # Days that the clinic copies in
    path("clinic/patients/<row:patient_id>/paper/", paper_pages.paper_diary, name="paper_diary"),
    path(
        "clinic/patients/<row:patient_id>/paper/<month:first>/", paper_pages.paper_month, name="paper_month"
    ),
    path("clinic/patients/<row:patient_id>/import/", import_pages.import_diary, name="import_diary"),
    path(
        "clinic/patients/<row:patient_id>/copies/<row:batch_id>/take-back/",
        paper_pages.take_back_copies,
        name="take_back_copies",
    ),
]
