from django.urls import path

from clinic import data_pages, diary_pages, views

urlpatterns = [
    path("welcome/", views.front_door, name="front_door"),
    path("months/", diary_pages.months, name="months"),
    path("months/<month:first>/", diary_pages.month, name="month"),
    path("trends/", diary_pages.trends, name="trends"),
    path("data/", data_pages.data, name="data"),
    path("data/copy/", data_pages.copy, name="take_copy"),
    path("data/delete/", data_pages.delete, name="delete_diary"),
    path("data/delete/ask/", data_pages.ask_deletion, name="ask_deletion"),
    path("data/keep/", data_pages.keep, name="keep_diary"),
    path("clinic/", views.caseload_page, name="caseload"),
    path("clinic/patients/<row:patient_id>/", views.patient, name="patient"),
    path("clinic/patients/<row:patient_id>/sessions/", views.sessions, name="sessions"),
    path("clinic/patients/<row:patient_id>/sessions/<row:session_id>/", views.session, name="session"),
]
