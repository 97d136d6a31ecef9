from django.urls import path, register_converter

from diary import (
    carer_pages,
    caring_pages,
    converters,
    help_pages,
    installing,
    medicine_pages,
    paper_pages,
    reminder_pages,
    sync,
    views,
)

register_converter(converters.DateConverter, "date")
register_converter(converters.MonthConverter, "month")
register_converter(converters.RowConverter, "row")

urlpatterns = [
    path("", views.today, name="today"),
    path("days/<date:when>/", views.day, name="day"),
    path("days/<date:when>/headache/", views.headache, name="headache"),
    path("days/<date:when>/dose/", views.dose, name="dose"),
    path("days/<date:when>/relief/", views.relief, name="relief"),
    path("days/<date:when>/delete/", views.delete_day, name="delete_day"),
    path("days/<date:when>/choose/", views.choose, name="choose"),
    path("days/headache-free/", views.headache_free, name="headache_free"),
    path("undo/", views.undo, name="undo"),
    path("medicines/", medicine_pages.medicines, name="medicines"),
    path("medicines/add/", medicine_pages.add_medicine, name="add_medicine"),
    path("medicines/add-own/", medicine_pages.add_own_medicine, name="add_own_medicine"),
    path("medicines/<row:medicine_id>/use/", medicine_pages.use_medicine, name="use_medicine"),
    path("medicines/<row:medicine_id>/dose/", medicine_pages.default_dose, name="default_dose"),
    path("preventives/add/", medicine_pages.add_preventive, name="add_preventive"),
    path("preventives/<row:preventive_id>/", medicine_pages.preventive, name="preventive"),
    path(
        "preventives/<row:preventive_id>/delete/", medicine_pages.delete_preventive, name="delete_preventive"
    ),
    path("sync/", sync.sync, name="sync"),
    path("offline/", installing.offline, name="offline"),
    path("service-worker.js", installing.worker, name="service_worker"),
    path("manifest.webmanifest", installing.manifest, name="manifest"),
    path("begin/", views.begin, name="begin"),
    # A carer: the patient's page, and the carer's
    path("carer/", carer_pages.carer, name="carer"),
    path("carer/code/", carer_pages.make_code, name="make_carer_code"),
    path("carer/code/withdraw/", carer_pages.withdraw_code, name="withdraw_carer_code"),
    path("carer/<row:carer_id>/end/", carer_pages.end_carer, name="end_carer"),
    path("caring/", caring_pages.caring_page, name="caring"),
    path("caring/<row:carer_id>/", caring_pages.log, name="caring_log"),
    path("caring/<row:carer_id>/<date:when>/headache/", caring_pages.headache, name="caring_headache"),
    path("caring/<row:carer_id>/<date:when>/dose/", caring_pages.dose, name="caring_dose"),
    path("caring/<row:carer_id>/undo/", caring_pages.undo, name="caring_undo"),
    path("caring/<row:carer_id>/stop/", caring_pages.stop, name="stop_caring"),
    path("paper/", paper_pages.paper, name="paper"),
    # Reminders
    path("reminders/", reminder_pages.reminders, name="reminders"),
    path("reminders/devices/add/", reminder_pages.add_device, name="add_device"),
    path("reminders/devices/<row:device_id>/remove/", reminder_pages.remove_device, name="remove_device"),
    path("reminders/calendar/make/", reminder_pages.make_calendar, name="make_calendar"),
    path("reminders/calendar/end/", reminder_pages.end_calendar, name="end_calendar"),
    path("reminders/<str:token>.ics", reminder_pages.calendar, name="calendar_feed"),
    path("help/", help_pages.help_page, name="help"),
    path("help/sources/", help_pages.help_sources, name="help_sources"),
    path("help/<slug:topic>/", help_pages.help_topic, name="help_topic"),
]
