from django.urls import path, register_converter

from diary import converters, reminder_pages, views

register_converter(converters.DateConverter, "date")
register_converter(converters.MonthConverter, "month")
register_converter(converters.RowConverter, "row")

urlpatterns = [
    path("", views.today, name="today"),
    path("days/<date:when>/", views.day, name="day"),
    path("days/<date:when>/headache/", views.headache, name="headache"),
    path("days/<date:when>/dose/", views.dose, name="dose"),
    path("days/<date:when>/delete/", views.delete_day, name="delete_day"),
    path("days/headache-free/", views.headache_free, name="headache_free"),
    path("undo/", views.undo, name="undo"),
    path("medicines/", views.medicines, name="medicines"),
    path("medicines/add/", views.add_medicine, name="add_medicine"),
    path("medicines/add-own/", views.add_own_medicine, name="add_own_medicine"),
    path("medicines/<row:medicine_id>/use/", views.use_medicine, name="use_medicine"),
    path("begin/", views.begin, name="begin"),
    # Reminders
    path("reminders/", reminder_pages.reminders, name="reminders"),
    path("reminders/devices/add/", reminder_pages.add_device, name="add_device"),
    path("reminders/devices/<row:device_id>/remove/", reminder_pages.remove_device, name="remove_device"),
    path("reminders/calendar/make/", reminder_pages.make_calendar, name="make_calendar"),
    path("reminders/calendar/end/", reminder_pages.end_calendar, name="end_calendar"),
    path("reminders/<str:token>.ics", reminder_pages.calendar, name="calendar_feed"),
    path("help/", views.help_page, name="help"),
]
