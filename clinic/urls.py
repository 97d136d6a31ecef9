from django.urls import path

from clinic import diary_pages, views

urlpatterns = [
    path("welcome/", views.front_door, name="front_door"),
    path("months/", diary_pages.months, name="months"),
    path("months/<month:first>/", diary_pages.month, name="month"),
    path("trends/", diary_pages.trends, name="trends"),
    path("clinic/", views.caseload_page, name="caseload"),
    path("clinic/patients/<row:patient_id>/", views.patient, name="patient"),
    path("clinic/patients/<row:patient_id>/sessions/", views.sessions, name="sessions"),
    path("clinic/patients/<row:patient_id>/sessions/<row:session_id>/", views.session, name="session"),
]
