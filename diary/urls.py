from django.urls import path, register_converter

from diary import converters, views

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
    path("days/headache-free/", views.headache_free, name="headache_free"),
    path("undo/", views.undo, name="undo"),
    path("medicines/", views.medicines, name="medicines"),
    path("medicines/add/", views.add_medicine, name="add_medicine"),
    path("medicines/add-own/", views.add_own_medicine, name="add_own_medicine"),
    path("medicines/<row:medicine_id>/use/", views.use_medicine, name="use_medicine"),
    path("medicines/<row:medicine_id>/dose/", views.default_dose, name="default_dose"),
    path("preventives/add/", views.add_preventive, name="add_preventive"),
    path("preventives/<row:preventive_id>/", views.preventive, name="preventive"),
    path("preventives/<row:preventive_id>/delete/", views.delete_preventive, name="delete_preventive"),
    path("begin/", views.begin, name="begin"),
    path("help/", views.help_page, name="help"),
]
